import type { Agreement } from '../analyse/agreement';
import type { LevelResult } from '../analyse/resources';
import type { Sample } from '../analyse/sample';
import type { Summary } from '../analyse/summary';
import { paperLevel } from '../paper';
import { levelChart, seriesChart } from './charts';
import type { Block, Chart, Section, Table } from './document';
import { distribution, labelled, missing, number, quantity, scales } from './format';

/** Scenario 1: what the node spends with 0, 1, 2 ... running guests. */
export function resourcesSection(summary: Summary, samples: readonly Sample[]): Section {
  const { resources } = summary;
  const blocks: Block[] = [];
  if (resources.visits.length === 0) {
    blocks.push({ kind: 'notice', text: 'Scenario 1 was not measured in this run.' });
  } else {
    blocks.push(
      {
        kind: 'text',
        text: `The node: ${quantity(resources.cpus, 'CPUs')}, ${quantity(gibibytes(resources.memoryTotalBytes), 'GiB')} of memory, root disk ${quantity(gibibytes(resources.rootTotalBytes), 'GiB')}. The paper’s: 4 CPUs, 9.56 GiB, 93.99 GiB. Levels were visited in a random order drawn from the seed. Settled means: ${resources.settleRule ?? missing}.`,
      },
      { kind: 'charts', charts: charts(summary, samples) },
      levelTable(summary),
      guestTable(summary),
      powerTable(summary),
      agreementTable(summary),
      visitTable(summary),
    );
    if (resources.levels.some((level) => level.loadTransient.some(Boolean))) {
      blocks.push({
        kind: 'notice',
        text: 'Load averages marked “transient” were read before five of their time constants (5, 25, 75 min) had passed since the last change: they still hold what was before, starting and stopping of guests included, and do not stand for the level. This is how the paper’s load averages were read as well.',
      });
    }
  }
  return { id: 'resources', title: 'Scenario 1: what the node spends', blocks };
}

const gibibytes = (bytes: number | null): number | null => (bytes === null ? null : bytes / 2 ** 30);

function charts({ resources, label }: Summary, samples: readonly Sample[]): Chart[] {
  const { levels } = resources;
  const read =
    'Large dot: median; broad line: 95 % interval; small dots: single visits; triangles, dashed: the paper’s single readings.';
  return [
    {
      title: labelled('Memory used against running guests', label),
      caption: `${read} The two nodes differ in size; the slopes are what to compare.`,
      svg: levelChart(
        levels.map(({ level, memoryUsedBytes }) => ({
          level,
          measured: memoryUsedBytes,
          paper: paperValue(level, (row) => row.memoryMiB / 1024),
        })),
        'GiB',
        2 ** 30,
      ),
    },
    {
      title: labelled('CPU of the node', label),
      caption: `Busy share of all CPUs. ${read}`,
      svg: levelChart(
        levels.map(({ level, cpuPercent }) => ({
          level,
          measured: cpuPercent,
          paper: paperValue(level, (row) => row.cpuPercent),
        })),
        '% of all CPUs',
        1,
      ),
    },
    {
      title: labelled('Load average, 1 min', label),
      caption: `Tasks, without unit${levels.some(({ loadTransient }) => loadTransient[0]) ? '; transient in at least one level' : ''}. ${read}`,
      svg: levelChart(
        levels.map(({ level, loadAverage }) => ({
          level,
          measured: loadAverage[0],
          paper: paperValue(level, (row) => row.loadAverage[0]),
        })),
        'tasks',
        1,
      ),
    },
    {
      title: labelled('Memory used, share of the node’s', label),
      caption: read,
      svg: levelChart(
        levels.map(({ level, memoryPercent }) => ({
          level,
          measured: memoryPercent,
          paper: paperValue(level, (row) => row.memoryPercent),
        })),
        '% of memory',
        1,
      ),
    },
    {
      title: labelled('Memory used over time', label),
      caption: 'The number above each visit is its level. Gaps: guests start, stop and settle.',
      svg: seriesChart(samples, 'memory used', 'GiB', 2 ** 30),
      wide: true,
    },
    {
      title: labelled('CPU of the node over time', label),
      caption: 'The number above each visit is its level; one value per sampling period.',
      svg: seriesChart(samples, 'node cpu', '% of all CPUs', 1),
      wide: true,
    },
  ];
}

function paperValue(
  level: number,
  pick: (row: NonNullable<ReturnType<typeof paperLevel>>) => number | undefined,
): number | null {
  const row = paperLevel(level);
  return row === undefined ? null : (pick(row) ?? null);
}

function levelTable({ resources, label }: Summary): Table {
  const load = (level: LevelResult, index: 0 | 1 | 2): string => {
    const text = distribution(level.loadAverage[index], scales.plain);
    return level.loadTransient[index] && text !== missing ? `${text} (transient)` : text;
  };
  return {
    kind: 'table',
    title: labelled('Levels', label),
    head: [
      'Running guests',
      'CPU, of all',
      'Memory used',
      'of the node’s',
      'Load, 1 min',
      'Load, 5 min',
      'Load, 15 min',
      'Root disk used',
    ],
    rows: resources.levels.map((level) => [
      `${level.level}${level.transientVisits > 0 ? ` (${level.transientVisits} of ${level.visits} visits not settled)` : ''}`,
      distribution(level.cpuPercent, scales.percent),
      distribution(level.memoryUsedBytes, scales.gibibytes),
      distribution(level.memoryPercent, scales.percent),
      load(level, 0),
      load(level, 1),
      load(level, 2),
      distribution(level.rootUsedBytes, scales.gibibytes),
    ]),
  };
}

function guestTable({ resources, label }: Summary): Table {
  return {
    kind: 'table',
    title: labelled('Guests, by level', label),
    head: ['Running guests', 'Guest', 'CPU, of one CPU', 'Resident memory of its process'],
    rows: resources.levels.flatMap((level) =>
      level.guests.map((guest) => [
        String(level.level),
        guest.guest,
        distribution(guest.cpuPercent, scales.percent),
        distribution(guest.residentBytes, scales.mebibytes),
      ]),
    ),
    detail: true,
  };
}

function powerTable({ resources, label }: Summary): Table {
  return {
    kind: 'table',
    title: labelled('Starting and stopping', label),
    head: ['Guest', 'Action', 'Until the API’s task ended', 'Until the application answered'],
    rows: resources.power.map((row) => [
      row.guest,
      row.action,
      distribution(row.taskSeconds, scales.seconds),
      row.action === 'start' ? distribution(row.readySeconds, scales.seconds) : '—',
    ]),
  };
}

function agreementTable({ resources, label }: Summary): Table {
  const scaleOf = (unit: Agreement['unit']) =>
    unit === 'B' ? scales.mebibytes : unit === '%' ? { unit: 'points', factor: 1 } : scales.plain;
  return {
    kind: 'table',
    title: labelled('Two sources: the sampler over SSH less the API', label),
    head: ['Quantity', 'Difference', 'Smallest … largest', 'Tolerance, and why', 'Verdict'],
    rows: [
      ...resources.agreement.map((row) => {
        const scale = scaleOf(row.unit);
        const of = row.difference;
        return [
          row.quantity,
          distribution(of, scale),
          of === null
            ? missing
            : `${number(of.min / scale.factor)} … ${quantity(of.max / scale.factor, scale.unit)}`,
          row.tolerance === null
            ? row.reason
            : `${quantity(row.tolerance / scale.factor, scale.unit)}: ${row.reason}`,
          row.verdict,
        ];
      }),
      [
        'the sampler’s own cost',
        distribution(costOf(resources.levels), { unit: '% of one CPU', factor: 1 }),
        '—',
        '—',
        '—',
      ],
    ],
  };
}

/** The level in which the sampler cost most. */
function costOf(levels: readonly LevelResult[]): LevelResult['samplerCpuPercent'] {
  return levels
    .map((level) => level.samplerCpuPercent)
    .reduce(
      (worst, one) => (one !== null && (worst === null || one.median > worst.median) ? one : worst),
      null,
    );
}

function visitTable({ resources, label }: Summary): Table {
  return {
    kind: 'table',
    title: labelled('Visits in the order made', label),
    head: ['Visit', 'Block', 'Level', 'Guests', 'Samples', 'Time', 'CPU', 'Memory used', 'Remarks'],
    rows: resources.visits.map((visit) => [
      String(visit.visit),
      String(visit.block),
      String(visit.level),
      visit.runningGuests.join(', ') || 'none',
      String(visit.samples),
      quantity(visit.seconds, 's'),
      quantity(visit.cpuPercent, '%'),
      quantity(gibibytes(visit.memoryUsedBytes), 'GiB'),
      [visit.transient ? 'not settled' : '', visit.fault ?? ''].filter(Boolean).join('; ') || '—',
    ]),
    detail: true,
  };
}
