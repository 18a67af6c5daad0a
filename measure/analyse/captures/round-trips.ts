import type { Histogram } from '../statistics/histogram';

/** A segment that has been seen and not yet been acknowledged. They are linked, and used again by way of a free list. */
interface Segment {
  end: number;
  sentAt: number;
  retransmitted: boolean;
  next: Segment | null;
  previous: Segment | null;
}

/** Segments kept that wait for an acknowledgement; a capture of one direction alone has none. */
const segmentsKept = 1 << 16;

/** Distance from b to a in sequence space, which wraps at 2^32 (RFC 9293, section 3.4). */
export const distance = (a: number, b: number): number => (a - b) | 0;

/**
 * Times from a segment to the acknowledgement that names its end: RFC 2681 applied to TCP. Segments of which any byte was
 * retransmitted give no sample (Karn and Partridge, SIGCOMM 1987), nor do segments that are acknowledged only together
 * with a later one.
 */
export class RoundTrips {
  /** Of the connection, nanoseconds. */
  first: number | null = null;
  private oldest: Segment | null = null;
  private newest: Segment | null = null;
  private free: Segment | null = null;
  private waiting = 0;

  await(end: number, time: number): void {
    if (this.waiting === segmentsKept) this.release();
    const segment = this.free ?? { end: 0, sentAt: 0, retransmitted: false, next: null, previous: null };
    this.free = segment.next;
    segment.end = end;
    segment.sentAt = time;
    segment.retransmitted = false;
    segment.next = null;
    segment.previous = this.newest;
    if (this.newest === null) this.oldest = segment;
    else this.newest.next = segment;
    this.newest = segment;
    this.waiting += 1;
  }

  /** Gives at most one round trip, seconds, to `samples`. */
  acknowledged(acknowledgement: number, time: number, samples: Histogram): void {
    for (;;) {
      const segment = this.oldest;
      if (segment === null || distance(acknowledgement, segment.end) < 0) return;
      if (segment.end === (acknowledgement | 0) && !segment.retransmitted && !Number.isNaN(time)) {
        const roundTrip = time - segment.sentAt;
        // A clock that was set back in between leaves the round trip unknown.
        if (roundTrip >= 0) {
          samples.add(roundTrip / 1e9);
          this.first ??= roundTrip;
        }
      }
      this.release();
    }
  }

  /** What is sent again takes every segment from `from` on with it: a cumulative ACK cannot tell which copy it answers. */
  taint(from: number): void {
    for (let segment = this.newest; segment !== null; segment = segment.previous) {
      if (distance(segment.end, from) <= 0) return;
      segment.retransmitted = true;
    }
  }

  /** For another connection, whose numbers have nothing to do with those before. */
  restart(): void {
    this.oldest = this.newest = null;
    this.waiting = 0;
    this.first = null;
  }

  /** Lets go of the oldest. */
  private release(): void {
    const segment = this.oldest;
    if (segment === null) return;
    this.oldest = segment.next;
    if (this.oldest === null) this.newest = null;
    else this.oldest.previous = null;
    segment.next = this.free;
    this.free = segment;
    this.waiting -= 1;
  }
}
