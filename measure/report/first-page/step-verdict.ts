import type { Distribution } from '../../analyse/statistics/statistics';
import { coverages } from '../document/format';
import type { StepVerdict } from '../language/english/findings';

/** How many steps' intervals lie above 0, below it, or hold it. An end that is exactly 0 holds it. */
export function stepVerdict(steps: readonly Distribution[]): StepVerdict {
  const intervals = steps.flatMap(({ interval }) => interval ?? []);
  const above = intervals.filter(({ low }) => low > 0).length;
  const below = intervals.filter(({ high }) => high < 0).length;
  return {
    steps: steps.length,
    above,
    below,
    unclear: intervals.length - above - below,
    coverage: coverages(steps),
  };
}

/** Whether the intervals of two quantities have a value in common; null = one has no interval. A shared end is common. */
export function overlap(one: Distribution, other: Distribution): boolean | null {
  const [a, b] = [one.interval, other.interval];
  return a === null || b === null ? null : a.low <= b.high && b.low <= a.high;
}
