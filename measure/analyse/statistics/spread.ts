import { medianSorted, quantileSorted } from 'simple-statistics';
import type { Histogram } from './histogram';

/** A set of samples within one session, seconds. */
export interface Spread {
  readonly samples: number;
  readonly median: number;
  readonly mean: number;
  readonly min: number;
  readonly max: number;
  readonly p95: number;
  readonly p999: number;
}

export function spread(histogram: Histogram): Spread | null {
  const { count, min, max, mean } = histogram;
  const median = histogram.quantile(0.5);
  const p95 = histogram.quantile(0.95);
  const p999 = histogram.quantile(0.999);
  if (min === null || max === null || mean === null || median === null || p95 === null || p999 === null) {
    return null;
  }
  return { samples: count, median, mean, min, max, p95, p999 };
}

export function spreadOf(values: readonly number[]): Spread | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  return {
    samples: sorted.length,
    median: medianSorted(sorted),
    mean: sorted.reduce((sum, value) => sum + value, 0) / sorted.length,
    min: quantileSorted(sorted, 0),
    max: quantileSorted(sorted, 1),
    p95: quantileSorted(sorted, 0.95),
    p999: quantileSorted(sorted, 0.999),
  };
}
