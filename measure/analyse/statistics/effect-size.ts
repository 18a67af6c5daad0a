import { medianSorted } from 'simple-statistics';
import { mannWhitneyP, shiftRank, smallestP } from './mann-whitney';
import { fewestForInterval, type Interval, wantedPercent } from './median-interval';

/** How much more of one quantity B has than A. Differences are in the quantity's own unit, ratios and delta have none. */
export interface EffectSize {
  /** Median of the differences of every value of B and every value of A. */
  readonly difference: number;
  /** Median of their ratios; null unless both samples are above 0 throughout. */
  readonly ratio: number | null;
  /**
   * Cliff's delta: the chance that a value of B is above one of A less the chance that it is below, −1 to 1; 0 = neither is
   * usually larger (N. Cliff, Psychological Bulletin 114 (1993) 494–509). It has no unit, so it puts metrics in an order.
   */
  readonly cliffsDelta: number;
  /** Of Mann and Whitney, two-sided and exact: how often equal runs would lie apart so far or further. */
  readonly pValue: number;
  /** The smallest that so many repetitions can have. */
  readonly smallestPValue: number;
  /** Intervals of difference and ratio, of one coverage; null where a side has fewer than 3 repetitions. */
  readonly interval: { readonly difference: Interval; readonly ratio: Interval | null } | null;
}

/**
 * Effect of B against A from independent samples. Each value is one repetition: a visit or a session, never a request.
 *
 * Difference and ratio are those of J. L. Hodges and E. L. Lehmann (Annals of Mathematical Statistics 34 (1963) 598–611), and
 * their intervals those that belong to the test of Mann and Whitney: from one of the n·m differences, in order, to another.
 * Of equal runs they leave 0 out as often as their coverage says and no more, for any distribution and any n, and p and both
 * intervals agree: one holds 1 exactly where the other holds 0, and that is where p is above 1 − coverage.
 *
 * Throws RangeError for an empty sample.
 */
export function effectSize(a: readonly number[], b: readonly number[]): EffectSize {
  const [n, m] = [a.length, b.length];
  if (n === 0 || m === 0) throw new RangeError('an effect needs a value on both sides');
  const differences = pairs(a, b, (ofA, ofB) => ofB - ofA);
  const positive = a.every((each) => each > 0) && b.every((each) => each > 0);
  const ratios = positive ? pairs(a, b, (ofA, ofB) => ofB / ofA) : null;
  const below = differences.filter((each) => each <= 0).length;
  const above = differences.filter((each) => each >= 0).length;
  const interval = intervalOf(n, m);
  return {
    difference: medianSorted(differences),
    ratio: ratios && medianSorted(ratios),
    cliffsDelta: (above - below) / (n * m),
    pValue: mannWhitneyP(n, m, { below, above }),
    smallestPValue: smallestP(n, m),
    interval: interval && { difference: interval(differences), ratio: ratios && interval(ratios) },
  };
}

function intervalOf(n: number, m: number): ((sorted: readonly number[]) => Interval) | null {
  if (n < fewestForInterval || m < fewestForInterval) return null;
  const { rank, coveragePercent } = shiftRank(n, m, wantedPercent);
  return (sorted) => ({
    low: sorted[rank - 1] as number,
    high: sorted[sorted.length - rank] as number,
    coveragePercent,
  });
}

/** Of every value of A with every value of B, in rising order. */
function pairs(
  a: readonly number[],
  b: readonly number[],
  of: (ofA: number, ofB: number) => number,
): readonly number[] {
  return Array.from(Float64Array.from(a.flatMap((ofA) => b.map((ofB) => of(ofA, ofB)))).sort());
}
