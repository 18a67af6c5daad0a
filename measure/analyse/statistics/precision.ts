import type { RunPlan } from '../../run/raw-data';
import { firstLook } from './median-interval';
import { describe } from './statistics';

/** A rule, fixed before the first sample, for when a level or an application has been measured often enough. */
export interface PrecisionRule {
  /** Width of the interval of the median by the median, 0.05 = 5 %: narrower is precise enough. */
  readonly relativeWidth: number;
}

/**
 * The most repetitions of a level or an application that a plan with such a rule allows; undefined = it has none, and their
 * number is fixed. Every interval of these repetitions is to be one that covers whenever they stop.
 */
export function mostRepetitions(
  { plan }: Pick<RunPlan, 'plan'>,
  scenario: 'resources' | 'qos',
): number | undefined {
  const { resources, qos } = plan;
  if (scenario === 'resources') return resources?.precision && resources.blocks;
  return qos?.precision && qos.sessions;
}

/**
 * Whether the repetitions made so far suffice. Pure: asked again with the same values, as a resumed run does, it answers
 * the same. Values that are null were not measured and count for nothing; a median of 0 has no relative width and
 * suffices only if all values are 0.
 */
export function isPreciseEnough(
  values: readonly (number | null)[],
  { relativeWidth }: PrecisionRule,
  most: number,
): boolean {
  const width = relativeIntervalWidth(values, most);
  return width !== null && width <= relativeWidth;
}

/** Width of the interval of the median by the median; null before the first look. */
export function relativeIntervalWidth(values: readonly (number | null)[], most: number): number | null {
  const measured = describe(values, { most });
  if (measured?.interval == null || measured.n < firstLook(most)) return null;
  const { low, high } = measured.interval;
  if (high === low) return 0;
  return measured.median === 0 ? Number.POSITIVE_INFINITY : (high - low) / Math.abs(measured.median);
}
