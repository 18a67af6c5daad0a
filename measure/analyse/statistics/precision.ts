import { describe } from './statistics';

/** A rule, fixed before the first sample, for when a level or an application has been measured often enough. */
export interface PrecisionRule {
  /** Width of the 95 % interval of the median by the median, 0.05 = 5 %: narrower is precise enough. */
  readonly relativeWidth: number;
}

/**
 * Repetitions before the rule is asked at all. From 6 on, the range of the values covers the median in 95 % of all cases whatever
 * their distribution (1 − 2 · 0.5⁶ = 96.9 %; 93.8 % for 5); before that, a narrow interval may be chance. Stopping at the first
 * narrow interval favours narrow ones, so that coverage is a little below 95 % (Glynn and Whitt, Annals of Applied
 * Probability 2 (1992) 180–198: it is right in the limit of small widths); a fixed n does not have this fault.
 */
export const fewestForPrecision = 6;

/**
 * Whether the repetitions made so far suffice. Pure: asked again with the same values, as a resumed run does, it answers
 * the same. Values that are null were not measured and count for nothing; a median of 0 has no relative width and
 * suffices only if all values are 0.
 */
export function isPreciseEnough(
  values: readonly (number | null)[],
  { relativeWidth }: PrecisionRule,
  seed: number,
): boolean {
  const width = relativeIntervalWidth(values, seed);
  return width !== null && width <= relativeWidth;
}

/** Width of the interval of the median by the median; null with fewer than `fewestForPrecision` values. */
export function relativeIntervalWidth(values: readonly (number | null)[], seed: number): number | null {
  const measured = describe(values, seed);
  if (measured?.interval == null || measured.n < fewestForPrecision) return null;
  const [low, high] = measured.interval;
  if (high === low) return 0;
  return measured.median === 0 ? Number.POSITIVE_INFINITY : (high - low) / Math.abs(measured.median);
}
