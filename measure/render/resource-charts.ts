import type { Sample } from '../analyse/sample';
import type { Summary } from '../analyse/summary';
import { paperLevel } from '../paper';
import { levelChart, seriesChart } from './charts';
import type { Chart } from './document';
import { labelled } from './format';

/** The charts of scenario 1. */
export function resourceCharts({ resources, label }: Summary, samples: readonly Sample[]): Chart[] {
  const { levels } = resources;
  return [
    {
      title: labelled('Memory used against running guests', label),
      caption:
        'MemTotal − MemAvailable of the node; of its guests, the resident memory of their processes. The two nodes differ in size: the slopes are what to compare.',
      svg: levelChart(
        levels.map(({ level, disturbedVisits, memoryUsedBytes, guestsResidentBytes }) => ({
          level,
          disturbed: disturbedVisits > 0,
          measured: memoryUsedBytes,
          guests: guestsResidentBytes,
          paper: paperValue(level, (row) => row.memoryMiB / 1024),
        })),
        'GiB',
        2 ** 30,
      ),
    },
    {
      title: labelled('CPU of the node', label),
      caption: 'Busy share of all CPUs, and what of it the guests’ processes took.',
      svg: levelChart(
        levels.map(({ level, disturbedVisits, cpuPercent, guestsCpuPercent }) => ({
          level,
          disturbed: disturbedVisits > 0,
          measured: cpuPercent,
          guests: guestsCpuPercent,
          paper: paperValue(level, (row) => row.cpuPercent),
        })),
        '% of all CPUs',
        1,
      ),
    },
    {
      title: labelled('Load average, 1 min', label),
      caption: `Tasks, without unit${levels.some(({ loadTransient }) => loadTransient[0]) ? '; transient in at least one level' : ''}.`,
      svg: levelChart(
        levels.map(({ level, disturbedVisits, loadAverage }) => ({
          level,
          disturbed: disturbedVisits > 0,
          measured: loadAverage[0],
          paper: paperValue(level, (row) => row.loadAverage[0]),
        })),
        'tasks',
        1,
      ),
    },
    {
      title: labelled('Memory used, share of the node’s', label),
      caption: 'Memory used of all that the node has.',
      svg: levelChart(
        levels.map(({ level, disturbedVisits, memoryPercent }) => ({
          level,
          disturbed: disturbedVisits > 0,
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
