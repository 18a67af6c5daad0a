import { mean, medianSorted, quantileSorted } from 'simple-statistics';
import { type Dependence, dependence } from './dependence';
import { type Interval, medianInterval } from './median-interval';

/** What is known of a quantity from n repetitions. All values share the unit that the quantity's name gives. */
export interface Distribution {
  readonly n: number;
  readonly median: number;
  readonly mean: number;
  readonly min: number;
  readonly max: number;
  readonly lowerQuartile: number;
  readonly upperQuartile: number;
  /** Of the median; null for n < 3. */
  readonly interval: Interval | null;
  /** Of neighbours in time; null for n < 8, and where nothing varies. */
  readonly dependence: Dependence | null;
  /** Every repetition, in the order measured; outliers stay in. */
  readonly values: readonly number[];
  /** The number of the visit or session that each value is of; its index in the input where they have no number. */
  readonly repetitions: readonly number[];
}

export interface DescribeOptions {
  /** What each value is of, see Distribution. */
  readonly repetitions?: readonly number[];
  /** The most repetitions that there can be, where a rule stops them that looks at them; absent = n was fixed beforehand. */
  readonly most?: number | undefined;
}

/** Null where nothing was measured: missing is not 0. */
export function describe(
  values: readonly (number | null)[],
  { repetitions = values.map((_, index) => index), most }: DescribeOptions = {},
): Distribution | null {
  const isKnown = (value: number | null | undefined): value is number => Number.isFinite(value);
  const known = values.filter(isKnown);
  if (known.length === 0) return null;
  const sorted = [...known].sort((a, b) => a - b);
  return {
    n: known.length,
    median: medianSorted(sorted),
    mean: mean(sorted),
    min: sorted[0] as number,
    max: sorted[sorted.length - 1] as number,
    lowerQuartile: quantileSorted(sorted, 0.25),
    upperQuartile: quantileSorted(sorted, 0.75),
    interval: medianInterval(sorted, most),
    dependence: dependence(known),
    values: known,
    repetitions: repetitions.filter((_, index) => isKnown(values[index])),
  };
}
