/**
 * A histogram of non-negative values in buckets of constant relative width, so that any number of samples is kept in a fixed
 * amount of memory. A quantile read from it is within `relativeError` of the sample it stands for. The idea is that of
 * HdrHistogram and DDSketch (Masson et al., VLDB 2019).
 */
export class Histogram {
  static readonly relativeError = 0.005;
  private static readonly growth = Math.log((1 + Histogram.relativeError) / (1 - Histogram.relativeError));
  private readonly buckets = new Map<number, number>();
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
    if (value <= 0) {
      this.zeros += 1;
      return;
    }
    const bucket = Math.ceil(Math.log(value) / Histogram.growth);
    this.buckets.set(bucket, (this.buckets.get(bucket) ?? 0) + 1);
  }

  get mean(): number | null {
    return this.count === 0 ? null : this.sum / this.count;
  }

  /** The value of rank ceil(p·n), null without samples. */
  quantile(p: number): number | null {
    if (this.count === 0 || this.min === null || this.max === null) return null;
    const rank = Math.max(1, Math.ceil(p * this.count));
    let seen = this.zeros;
    if (rank <= seen) return Math.min(0, this.min);
    for (const [bucket, count] of [...this.buckets].sort(([a], [b]) => a - b)) {
      seen += count;
      if (seen >= rank) {
        const middle = Math.exp(bucket * Histogram.growth) * (1 - Histogram.relativeError);
        return Math.min(this.max, Math.max(this.min, middle));
      }
    }
    return this.max;
  }
}
