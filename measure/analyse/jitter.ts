import { Histogram } from './histogram';

/**
 * Variation of the one-way transit time of the packets of one direction, in order of arrival. A constant offset between
 * the two clocks cancels out. All values are seconds.
 */
export class InterarrivalJitter {
  /** Absolute IP packet delay variation of neighbours, |D(i−1, i)| (RFC 3393 with the previous packet as reference). */
  readonly variation = new Histogram();
  /** The running RFC 3550 estimator after each packet. */
  readonly estimates = new Histogram();
  private previous: number | null = null;
  private estimate = 0;

  /** J ← J + (|D| − J)/16 (RFC 3550, section 6.4.1). */
  add(transit: number): void {
    if (this.previous !== null) {
      const difference = Math.abs(transit - this.previous);
      this.estimate += (difference - this.estimate) / 16;
      this.variation.add(difference);
      this.estimates.add(this.estimate);
    }
    this.previous = transit;
  }
}
