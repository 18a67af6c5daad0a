import { Histogram } from '../statistics/histogram';

/**
 * Variation of the one-way transit time of the packets of one direction, in order of arrival. A constant offset between
 * the two clocks cancels out. All values are seconds.
 */
export class InterarrivalJitter {
  /** Absolute IP packet delay variation of neighbours, |D(i−1, i)| (RFC 3393 with the previous packet as reference). */
  readonly variation = new Histogram();
  /** The running RFC 3550 estimator after each packet. */
  readonly estimates = new Histogram();
  /** Transit time less that of the first packet; less its own minimum it is the packet delay variation of RFC 5481. */
  readonly fromFirst = new Histogram();
  private first: number | null = null;
  private previous: number | null = null;
  private estimate = 0;

  /** J ← J + (|D| − J)/16 (RFC 3550, section 6.4.1). */
  add(transit: number): void {
    this.first ??= transit;
    this.fromFirst.add(transit - this.first);
    if (this.previous !== null) {
      const difference = Math.abs(transit - this.previous);
      this.estimate += (difference - this.estimate) / 16;
      this.variation.add(difference);
      this.estimates.add(this.estimate);
    }
    this.previous = transit;
  }

  /** Quantile of the packet delay variation, delay less the smallest delay (RFC 5481, section 4.2); null without packets. */
  delayVariation(p: number): number | null {
    const quantile = this.fromFirst.quantile(p);
    return quantile === null || this.fromFirst.min === null ? null : quantile - this.fromFirst.min;
  }
}
