import type { Distribution } from '../../analyse/statistics/statistics';
import { median, number, repeated, type Scale, timeScale } from '../document/format';
import { say } from '../language/messages';

/** n of repetitions that need not be alike in number. */
export function repetitionsOf(all: readonly Distribution[]): string {
  const [fewest, largest] = [Math.min(...all.map(({ n }) => n)), Math.max(...all.map(({ n }) => n))];
  return fewest === largest ? repeated(fewest) : say().shared.range(repeated(fewest), number(largest));
}

/** From the smallest to the largest median. */
export function rangeOf(
  all: readonly Distribution[],
  scale: Scale = timeScale(Math.max(0, ...all.map((of) => of.median))),
): string | null {
  const sorted = [...all].sort((a, b) => a.median - b.median);
  const [low, high] = [sorted[0], sorted.at(-1)];
  if (low === undefined || high === undefined) return null;
  const end = median(high, scale);
  const begin = median(low, { ...scale, unit: '' });
  return end === median(low, scale) ? end : say().shared.range(begin, end);
}
