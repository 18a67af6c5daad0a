import type { Sample } from '../../analyse/figures/sample';
import type { LevelResult } from '../../analyse/resources/resources';
import type { Distribution } from '../../analyse/statistics/statistics';
import type { Summary } from '../../analyse/summary';
import { paperLevel } from '../../study-2019/paper';
import type { Chart } from '../document/document';
import { coverages, labelled } from '../document/format';
import { say } from '../language/messages';
import { type LevelPoint, levelChart, spreadChart } from './level-chart';
import { seriesChart } from './series-chart';

/** Said of a chart: how often its intervals cover. */
function covering(points: readonly LevelPoint[]): string {
  const percent = coverages(points.map(({ measured }) => measured));
  return percent === null ? '' : ` (it covers in ${percent})`;
}

type PaperRow = NonNullable<ReturnType<typeof paperLevel>>;

function pointsOf(
  levels: readonly LevelResult[],
  measured: (level: LevelResult) => Distribution | null,
  paper: (row: PaperRow) => number | undefined,
  guests?: (level: LevelResult) => Distribution | null,
): LevelPoint[] {
  return levels.map((level) => {
    const row = paperLevel(level.level);
    return {
      level: level.level,
      disturbed: level.disturbedVisits > 0,
      measured: measured(level),
      guests: guests?.(level) ?? null,
      paper: row === undefined ? null : (paper(row) ?? null),
    };
  });
}

function memoryPoints(levels: readonly LevelResult[]): LevelPoint[] {
  return pointsOf(
    levels,
    (level) => level.memoryUsedBytes,
    (row) => row.memoryMiB / 1024,
    (level) => level.guestsResidentBytes,
  );
}

function cpuPoints(levels: readonly LevelResult[]): LevelPoint[] {
  return pointsOf(
    levels,
    (level) => level.cpuPercent,
    (row) => row.cpuPercent,
    (level) => level.guestsCpuPercent,
  );
}

/** Memory, CPU, load and share of memory against the number of running guests, as the paper has them. */
export function levelCharts({ resources: { levels }, label }: Summary): Chart[] {
  const load = pointsOf(
    levels,
    (level) => level.loadAverage[0],
    (row) => row.loadAverage[0],
  );
  const share = pointsOf(
    levels,
    (level) => level.memoryPercent,
    (row) => row.memoryPercent,
  );
  const words = say().charts;
  const shown = (...keys: readonly string[]): string[] =>
    keys.flatMap((key) => levels.map(({ level }) => `level ${level}/${key}`));
  return [
    {
      id: 'memory',
      title: labelled(words.memory, label),
      caption: words.memoryCaption,
      figures: shown('memoryUsedBytes', 'guestsResidentBytes'),
      svg: levelChart(memoryPoints(levels), 'GiB', 2 ** 30),
    },
    {
      id: 'cpu',
      title: labelled(words.cpu, label),
      caption: words.cpuCaption,
      figures: shown('cpuPercent', 'guestsCpuPercent'),
      svg: levelChart(cpuPoints(levels), words.ofAllCpus, 1),
    },
    {
      id: 'load-average',
      title: labelled(words.load, label),
      caption: words.loadCaption(levels.some(({ loadTransient }) => loadTransient[0])),
      figures: shown('loadAverage/0'),
      svg: levelChart(load, words.tasks, 1),
    },
    {
      id: 'memory-share',
      title: labelled(words.share, label),
      caption: words.shareCaption,
      figures: shown('memoryPercent'),
      svg: levelChart(share, words.ofMemory, 1),
    },
  ];
}

/** The charts of scenario 1. */
export function resourceCharts(summary: Summary, samples: readonly Sample[]): Chart[] {
  const { resources, label } = summary;
  const { levels, visits } = resources;
  const [memory, cpu] = [memoryPoints(levels), cpuPoints(levels)];
  const repeated = levels.some(({ visits }) => visits > 1);
  const bands =
    'Dark band: guests start and stop; light band, thin line: the node settles, in no figure; coloured: sampled. Above each visit its level; T = it had not settled (transient), D = disturbed by other programs.';
  return [
    ...levelCharts(summary),
    ...(repeated
      ? [
          {
            id: 'memory-visits',
            title: labelled('Memory used: every visit less its level’s median', label),
            caption: `Dots: single visits, in their order from left to right; band: interval of the median${covering(memory)}. A slope within a level is a drift.`,
            svg: spreadChart(memory, 'MiB', 2 ** 20),
          },
          {
            id: 'cpu-visits',
            title: labelled('CPU of the node: every visit less its level’s median', label),
            caption: `As beside${covering(cpu)}; in percentage points of all CPUs.`,
            svg: spreadChart(cpu, 'points', 1),
          },
        ]
      : []),
    {
      id: 'memory-over-time',
      title: labelled('Memory used over time', label),
      caption: bands,
      svg: seriesChart(samples, visits, 'memory used', 'GiB', 2 ** 30),
      wide: true,
    },
    {
      id: 'cpu-over-time',
      title: labelled('CPU of the node over time', label),
      caption: `One value per sampling period. ${bands}`,
      svg: seriesChart(samples, visits, 'node cpu', '% of all CPUs', 1),
      wide: true,
    },
    {
      id: 'load-average-over-time',
      title: labelled('Load average over 1 min, over time', label),
      caption: `It follows a change with a time constant of 1 min; a level without transient load would be flat. ${bands}`,
      svg: seriesChart(samples, visits, 'load average 1 min', 'tasks', 1),
      wide: true,
    },
  ];
}
