import type { RunPlan } from '../../run/raw-data';
import { mostRepetitions } from '../statistics/precision';
import { type Distribution, describe } from '../statistics/statistics';
import type { VisitResult } from './visit';

/**
 * What the step from one level to the next higher one adds. Differences are taken within blocks, in which each level is visited
 * once, so that a drift over the run does not pass for a step; the block is the unit of repetition.
 */
export interface Increment {
  readonly from: number;
  readonly to: number;
  readonly memoryUsedBytes: Distribution | null;
  /** Percentage points of all CPUs. */
  readonly cpuPercent: Distribution | null;
  /** Blocks in which one of the two visits was disturbed by other programs. */
  readonly disturbedBlocks: number;
}

export function analyseIncrements(visits: readonly VisitResult[], plan: RunPlan): Increment[] {
  const sampled = visits.filter(({ samples }) => samples > 0);
  const levels = [...new Set(sampled.map(({ level }) => level))].sort((a, b) => a - b);
  return levels.slice(1).flatMap((to, index) => {
    const from = levels[index] as number;
    const pairs = sampled
      .filter(({ level }) => level === to)
      .flatMap((upper) => {
        const lower = sampled.find(({ level, block }) => level === from && block === upper.block);
        return lower === undefined ? [] : [{ lower, upper }];
      });
    if (pairs.length === 0) return [];
    const difference = (pick: (visit: VisitResult) => number | null): Distribution | null =>
      describe(
        pairs.map(({ lower, upper }) => {
          const [a, b] = [pick(lower), pick(upper)];
          return a === null || b === null ? null : b - a;
        }),
        { repetitions: pairs.map(({ upper }) => upper.block), most: mostRepetitions(plan, 'resources') },
      );
    return [
      {
        from,
        to,
        memoryUsedBytes: difference(({ memoryUsedBytes }) => memoryUsedBytes),
        cpuPercent: difference(({ cpuPercent }) => cpuPercent),
        disturbedBlocks: pairs.filter(({ lower, upper }) => lower.disturbed || upper.disturbed).length,
      },
    ];
  });
}
