/**
 * A histogram of values in buckets of constant relative width, so that any number of samples is kept in a fixed
 * amount of memory. A quantile read from it is within `relativeError` of the sample it stands for. The idea is that of
 * HdrHistogram and DDSketch (Masson et al., VLDB 2019).
 */
export class Histogram {
  static readonly relativeError = 0.005;
  private static readonly growth = Math.log((1 + Histogram.relativeError) / (1 - Histogram.relativeError));
  /** Counts of positive values, and of the magnitudes of negative ones; made when needed, for there may be many histograms. */
  private positive: Map<number, number> | null = null;
  private negative: Map<number, number> | null = null;
  private zeros = 0;
  count = 0;
  sum = 0;
  min: number | null = null;
  max: number | null = null;

  add(value: number): void {
    this.count += 1;
    this.sum += value;
    if (this.min === null || value < this.min) this.min = value;
    if (this.max === null || value > this.max) this.max = value;
    if (value === 0) {
      this.zeros += 1;
      return;
    }
    const bucket = Math.ceil(Math.log(Math.abs(value)) / Histogram.growth);
    let buckets = value > 0 ? this.positive : this.negative;
    if (buckets === null) {
      buckets = new Map();
      if (value > 0) this.positive = buckets;
      else this.negative = buckets;
    }
    buckets.set(bucket, (buckets.get(bucket) ?? 0) + 1);
  }

  get mean(): number | null {
    return this.count === 0 ? null : this.sum / this.count;
  }

  /** The value of rank ceil(p·n), null without samples. */
  quantile(p: number): number | null {
    if (this.count === 0 || this.min === null || this.max === null) return null;
    const rank = Math.max(1, Math.ceil(p * this.count));
    let seen = 0;
    for (const [value, count] of this.middles()) {
      seen += count;
      if (seen >= rank) return Math.min(this.max, Math.max(this.min, value));
    }
    return this.max;
  }

  /** Middle and count of each bucket, in rising order. */
  private middles(): (readonly [value: number, count: number])[] {
    const side = (buckets: Map<number, number> | null, sign: 1 | -1) =>
      [...(buckets ?? [])]
        .sort(([a], [b]) => sign * (a - b))
        .map(([bucket, count]) => {
          const middle = Math.exp(bucket * Histogram.growth) * (1 - Histogram.relativeError);
          return [sign * middle, count] as const;
        });
    return [...side(this.negative, -1), [0, this.zeros], ...side(this.positive, 1)];
  }
}
