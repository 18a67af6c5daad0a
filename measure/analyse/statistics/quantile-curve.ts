import type { Histogram } from './histogram';

/** Shares of the samples at which a curve is known: 0, 2, 4 ... 100 %. */
export const curveShares: readonly number[] = Array.from({ length: 51 }, (_, index) => index / 50);

/** A distribution function read the other way round: the value that each of `curveShares` of the samples does not exceed. */
export type QuantileCurve = readonly number[];

/** Null without samples. */
export function quantileCurve(histogram: Histogram): QuantileCurve | null {
  const values = curveShares.map((share) => histogram.quantile(share)).filter((value) => value !== null);
  return values.length === curveShares.length ? values : null;
}
