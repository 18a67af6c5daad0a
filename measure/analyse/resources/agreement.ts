import type { ResourceVisit } from '../../run/raw-data';
import { type Distribution, describe } from '../statistics/statistics';
import type { VisitResult } from './visit';

/** How far the sampler over SSH and the API differ about one quantity: the paper's cross-check, with a number to it. */
export interface Agreement {
  readonly quantity: 'CPU' | 'memory used' | 'load average 1 min' | 'root disk used';
  readonly unit: '%' | 'B' | '1';
  /** Sampler less API, per visit. */
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
    theirs: (visit: VisitResult) => number | null,
    tolerance: number | null,
    reason: string,
  ): Agreement => {
    const difference = describe(
      results.map((visit) => {
        const a = ours(visit) ?? null;
        const b = theirs(visit);
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
      memoryTotal === null ? null : memoryTotal / 100,
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
      rootTotal === null ? null : rootTotal / 1000,
      '0.1 % of the disk',
    ),
  ];
}
