import { type FrameDecoder, tcpFlag } from '../packets/frame-decoder';
import type { Histogram } from '../statistics/histogram';

/** A segment that has been seen and not yet been acknowledged. Segments are linked, and used again by way of a free list. */
interface Segment {
  end: number;
  sentAt: number;
  retransmitted: boolean;
  next: Segment | null;
}

/** What a segment turned out to be. A hole that is filled late counts once, as one or the other. */
export type SegmentKind = 'new' | 'retransmission' | 'out-of-order' | 'empty';

/** Holes kept per stream; a stream with more open at once is beyond repair, and the oldest is then forgotten. */
const holesKept = 256;
/** Without a handshake in the capture, a hole that is filled sooner than this was reordering (Wireshark's rule as well). */
const reorderingNanoseconds = 3e6;

/** Distance from b to a in sequence space, which wraps at 2^32 (RFC 9293, section 3.4). */
const distance = (a: number, b: number): number => (a - b) | 0;

interface Hole {
  readonly from: number;
  readonly to: number;
  /** When it was first seen, nanoseconds. */
  readonly since: number;
}

/** Bytes that a segment and a hole have in common. */
function overlap(from: number, end: number, hole: Hole): number {
  const first = distance(from, hole.from) > 0 ? from : hole.from;
  const last = distance(end, hole.to) < 0 ? end : hole.to;
  return Math.max(0, distance(last, first));
}

/**
 * One direction of a TCP connection as seen at one capture point: which segments repeat bytes that were seen before, which fill a
 * hole, and the time from a segment to the acknowledgement that names its end.
 *
 * - Retransmission: all of the segment's bytes were seen before, or it fills a hole and was sent after what lies
 *   beyond the hole: its IPv4 identification is newer, or, without one, it comes later than the connection's first
 *   round trip (3 ms where unknown).
 * - Out of order: it fills a hole and was sent before what lies beyond it.
 * - Round trip: RFC 2681 applied to TCP. Segments of which any byte was retransmitted give no sample (Karn and Partridge,
 *   SIGCOMM 1987), nor do segments that are acknowledged only together with a later one.
 */
export class TcpStream {
  retransmissions = 0;
  outOfOrder = 0;
  /** Payload bytes of the last packet that had not been seen before, whatever its kind: a lost segment that is sent again has them. */
  newBytes = 0;
  /** Connections that were opened one after the other between the same two ports; 0 = none within the capture. */
  openings = 0;
  private started = false;
  /** Sequence number of the connection's SYN. */
  private initial: number | null = null;
  /** End of the highest sequence number seen, and the IPv4 identification of its packet. */
  private highest = 0;
  private highestId = 0;
  private highestAt = 0;
  private holes: Hole[] = [];
  private oldest: Segment | null = null;
  private newest: Segment | null = null;
  private free: Segment | null = null;
  private firstRoundTrip: number | null = null;

  /** Takes in a packet of this direction. `time` is nanoseconds. */
  sent(frame: FrameDecoder, time: number): SegmentKind {
    const marks = (frame.flags & tcpFlag.syn ? 1 : 0) + (frame.flags & tcpFlag.fin ? 1 : 0);
    const length = frame.payloadLength + marks;
    this.newBytes = 0;
    if (length === 0 || frame.flags & tcpFlag.rst) return 'empty';
    const from = frame.sequence;
    const end = (from + length) | 0;
    if (frame.flags & tcpFlag.syn && from !== this.initial) this.open(from);
    if (!this.started) {
      this.started = true;
      this.highest = from;
    }
    const payload = from + (frame.flags & tcpFlag.syn ? 1 : 0);
    this.newBytes = this.unseen(payload | 0, (payload + frame.payloadLength) | 0);
    const kind = this.classify(frame, from, end, time);
    if (kind === 'retransmission') this.retransmissions += 1;
    if (kind === 'out-of-order') this.outOfOrder += 1;
    if (distance(end, this.highest) > 0) {
      this.highest = end;
      this.highestId = frame.ipId;
      this.highestAt = time;
    }
    if (kind === 'new') this.await(end, time);
    else this.taint(from);
    return kind;
  }

  /** Takes in an acknowledgement that came from the other side; gives at most one round trip, seconds, to `samples`. */
  acknowledged(acknowledgement: number, time: number, samples: Histogram): void {
    let segment = this.oldest;
    while (segment !== null && distance(acknowledgement, segment.end) >= 0) {
      if (segment.end === (acknowledgement | 0) && !segment.retransmitted && !Number.isNaN(time)) {
        const roundTrip = time - segment.sentAt;
        // A clock that was set back in between leaves the round trip unknown.
        if (roundTrip >= 0) {
          samples.add(roundTrip / 1e9);
          this.firstRoundTrip ??= roundTrip;
        }
      }
      const next: Segment | null = segment.next;
      segment.next = this.free;
      this.free = segment;
      segment = next;
    }
    this.oldest = segment;
    if (segment === null) this.newest = null;
  }

  /** A SYN with another number is another connection, whose numbers have nothing to do with those before. */
  private open(from: number): void {
    this.initial = from;
    this.openings += 1;
    this.started = true;
    this.highest = from;
    this.highestId = 0;
    this.holes = [];
    this.oldest = this.newest = null;
    this.firstRoundTrip = null;
  }

  private classify(frame: FrameDecoder, from: number, end: number, time: number): SegmentKind {
    const beyond = distance(from, this.highest);
    if (beyond >= 0) {
      if (beyond > 0) {
        if (this.holes.length === holesKept) this.holes.shift();
        this.holes.push({ from: this.highest, to: from | 0, since: time });
      }
      return 'new';
    }
    // New bytes behind old ones: the sender has repacked what it sends again.
    if (distance(end, this.highest) > 0) {
      this.fill(from, end);
      return 'retransmission';
    }
    const hole = this.holes.find((one) => overlap(from, end, one) > 0);
    if (hole === undefined) return 'retransmission';
    this.fill(from, end);
    if (frame.ipVersion === 4 && frame.ipId !== 0 && this.highestId !== 0 && frame.ipId !== this.highestId) {
      const older = ((frame.ipId - this.highestId) << 16) >> 16 < 0;
      return older ? 'out-of-order' : 'retransmission';
    }
    const limit = this.firstRoundTrip ?? reorderingNanoseconds;
    return time - Math.max(hole.since, this.highestAt) < limit ? 'out-of-order' : 'retransmission';
  }

  /** How many of the bytes from `from` to `end` lie in a hole or beyond all that was seen. */
  private unseen(from: number, end: number): number {
    const beyond = distance(from, this.highest) > 0 ? from : this.highest;
    let bytes = Math.max(0, distance(end, beyond));
    for (const hole of this.holes) bytes += overlap(from, end, hole);
    return bytes;
  }

  private fill(from: number, end: number): void {
    this.holes = this.holes.flatMap((hole) => {
      if (overlap(from, end, hole) === 0) return [hole];
      const rest = [];
      if (distance(from, hole.from) > 0) rest.push({ ...hole, to: from | 0 });
      if (distance(end, hole.to) < 0) rest.push({ ...hole, from: end });
      return rest;
    });
  }

  private await(end: number, time: number): void {
    const segment = this.free ?? { end: 0, sentAt: 0, retransmitted: false, next: null };
    this.free = segment.next;
    segment.end = end;
    segment.sentAt = time;
    segment.retransmitted = false;
    segment.next = null;
    if (this.newest === null) this.oldest = segment;
    else this.newest.next = segment;
    this.newest = segment;
  }

  /** What is sent again takes every segment from `from` on with it: a cumulative ACK cannot tell which copy it answers. */
  private taint(from: number): void {
    for (let segment = this.oldest; segment !== null; segment = segment.next) {
      if (distance(segment.end, from) > 0) segment.retransmitted = true;
    }
  }
}
