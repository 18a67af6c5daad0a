import type { ResourceVisit } from '../../run/raw-data';
import { type Distribution, describe } from '../statistics/statistics';
import type { VisitResult } from './visit';

type Quantity = 'CPU' | 'memory used' | 'load average 1 min' | 'root disk used';
type Sources = 'terminal less sampler' | 'terminal less API';

/** How far two sources differ about one quantity: the paper's cross-check, with a number to it. */
export interface Agreement {
  /** By itself: of the sampler over SSH and the API, which are sampled all along. */
  readonly quantity: Quantity | `${Quantity}, ${Sources}`;
  readonly unit: '%' | 'B' | '1';
  /** Sampler less API, or as the quantity's name says, per visit. */
  readonly difference: Distribution | null;
  /** Difference up to which both are said to agree, and why it is that much. */
  readonly tolerance: number | null;
  readonly reason: string;
  readonly verdict: 'agree' | 'differ' | 'unknown';
}

export function compareSources(
  results: readonly VisitResult[],
  visits: readonly ResourceVisit[],
  most: number | undefined,
): readonly Agreement[] {
  const memoryTotal = visits[0]?.samples[0]?.memoryTotalBytes ?? null;
  const rootTotal = visits[0]?.samples[0]?.rootTotalBytes ?? null;
  const compare = (
    quantity: Agreement['quantity'],
    unit: Agreement['unit'],
    ours: (visit: VisitResult) => number | null | undefined,
    theirs: (visit: VisitResult) => number | null | undefined,
    tolerance: number | null,
    reason: string,
  ): Agreement => {
    const difference = describe(
      results.map((visit) => {
        const a = ours(visit) ?? null;
        const b = theirs(visit) ?? null;
        return a === null || b === null ? null : a - b;
      }),
      { repetitions: results.map(({ visit }) => visit), most },
    );
    const known = difference !== null && tolerance !== null;
    const within = known && Math.max(Math.abs(difference.min), Math.abs(difference.max)) <= tolerance;
    return {
      quantity,
      unit,
      difference,
      tolerance,
      reason,
      verdict: known ? (within ? 'agree' : 'differ') : 'unknown',
    };
  };
  const memoryTolerance = memoryTotal === null ? null : memoryTotal / 100;
  const rootTolerance = rootTotal === null ? null : rootTotal / 1000;
  const asked = results.some(({ terminal }) => terminal !== null);
  const shown = (
    quantity: Quantity,
    unit: Agreement['unit'],
    key: 'memoryUsedBytes' | 'loadAverage1' | 'rootUsedBytes',
    tolerance: number | null,
  ): Agreement[] =>
    (['sampler', 'api'] as const).map((other) =>
      compare(
        `${quantity}, terminal less ${other === 'api' ? 'API' : other}`,
        unit,
        ({ terminal }) => terminal?.[key].terminal,
        ({ terminal }) => terminal?.[key][other],
        tolerance,
        `as above, at ${other === 'api' ? 'the last poll' : 'the last sample'}${key === 'memoryUsedBytes' ? '; the command’s own memory is in it' : ''}`,
      ),
    );
  return [
    compare(
      'CPU',
      '%',
      (visit) => visit.cpuPercent,
      (visit) => visit.api.cpuPercent,
      3,
      'the API keeps a difference for up to 10 s and repeats it, and takes the sum of the ticks for the time; points of % of all CPUs',
    ),
    compare(
      'memory used',
      'B',
      (visit) => visit.memoryUsedBytes,
      (visit) => visit.api.memoryUsedBytes,
      memoryTolerance,
      '1 % of the memory: both read /proc/meminfo, not at the same moment',
    ),
    compare(
      'load average 1 min',
      '1',
      (visit) => visit.loadAverage?.[0],
      (visit) => visit.api.loadAverage1,
      0.2,
      'the kernel renews it every 5 s, and the two do not read at the same moment',
    ),
    compare(
      'root disk used',
      'B',
      (visit) => visit.rootUsedBytes,
      (visit) => visit.api.rootUsedBytes,
      rootTolerance,
      '0.1 % of the disk',
    ),
    // A command that starts anew has no reading before its own, so that Proxmox VE's says nothing of the CPU.
    ...(asked
      ? [
          ...shown('memory used', 'B', 'memoryUsedBytes', memoryTolerance),
          ...shown('load average 1 min', '1', 'loadAverage1', 0.2),
          ...shown('root disk used', 'B', 'rootUsedBytes', rootTolerance),
        ]
      : []),
  ];
}
