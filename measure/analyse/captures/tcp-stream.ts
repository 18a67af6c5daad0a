import { type FrameDecoder, tcpFlag } from '../packets/frame-decoder';
import type { Histogram } from '../statistics/histogram';
import { distance, RoundTrips } from './round-trips';

/**
 * What a segment turned out to be. A hole that is filled late counts once, as one or the other. Keep-alives and window
 * probes carry nothing for the application.
 */
export type SegmentKind = 'new' | 'retransmission' | 'out-of-order' | 'empty' | 'keep-alive' | 'window-probe';

/** Holes kept per stream; a stream with more open at once is beyond repair, and the oldest is then forgotten. */
const holesKept = 256;
/** Half of the largest window (RFC 7323, section 2.3). A hole further behind than this is not filled any more. */
const furthestBehind = 1 << 29;
/** Without a handshake in the capture, a hole that is filled sooner than this was reordering (Wireshark's rule as well). */
const reorderingNanoseconds = 3e6;

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
 * One direction of a TCP connection as seen at one capture point: which segments repeat bytes that were seen before, which
 * fill a hole, and which are probes.
 *
 * - Retransmission: all of the segment's bytes were seen before, or it fills a hole and was sent after what lies
 *   beyond the hole: its IPv4 identification is newer, or, without one, it comes later than the connection's first
 *   round trip (3 ms where unknown).
 * - Out of order: it fills a hole and was sent before what lies beyond it.
 * - Keep-alive: one byte or none, before the next number to be sent, while nothing waits for an acknowledgement (RFC 9293,
 *   section 3.8.4).
 * - Window probe: one byte at the first number that is not acknowledged, or none before it, while the window is 0 (section
 *   3.8.6.1). A byte that is taken in counts with the next segment.
 */
export class TcpStream {
  /** Payload bytes of the last packet; those of probes are none. */
  payloadBytes = 0;
  /** Those of them that had not been seen before, whatever its kind: a lost segment that is sent again has them. */
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
  /** The other side's highest acknowledgement and the window that came with it; null = not seen. */
  private acknowledgedTo: number | null = null;
  private window: number | null = null;
  /** The byte at `highest` has gone out as a window probe. */
  private probed = false;
  private holes: Hole[] = [];
  private readonly roundTrips = new RoundTrips();

  /** Takes in a packet of this direction. `time` is nanoseconds. */
  sent(frame: FrameDecoder, time: number): SegmentKind {
    const { payloadLength, flags } = frame;
    this.newBytes = 0;
    this.payloadBytes = payloadLength;
    if (flags & tcpFlag.rst) return 'empty';
    this.payloadBytes = 0;
    const syn = flags & tcpFlag.syn ? 1 : 0;
    const marks = syn + (flags & tcpFlag.fin ? 1 : 0);
    const from = frame.sequence | 0;
    const end = (from + payloadLength + marks) | 0;
    if (syn === 1 && from !== this.initial) this.open(from);
    if (!this.started) this.begin(from, time);
    this.takeInProbe(from);
    const probe = marks === 0 && payloadLength <= 1 ? this.probe(from, payloadLength) : null;
    if (probe !== null) return probe;
    if (end === from) {
      // All numbers before its own have been sent, also those that the capture has not seen.
      if (distance(from, this.highest) > 0) {
        this.leaveHole(from, time);
        this.advance(frame, from, time);
      }
      return 'empty';
    }
    const payload = (from + syn) | 0;
    this.newBytes += this.unseen(payload, (payload + payloadLength) | 0);
    this.payloadBytes += payloadLength;
    const kind = this.classify(frame, from, end, time);
    if (distance(end, this.highest) > 0) this.advance(frame, end, time);
    if (kind === 'new') this.roundTrips.await(end, time);
    else this.roundTrips.taint(from);
    return kind;
  }

  /**
   * Takes in an acknowledgement that came from the other side with its window (null = not captured); gives at most one
   * round trip, seconds, to `samples`.
   */
  acknowledged(acknowledgement: number, window: number | null, time: number, samples: Histogram): void {
    if (this.acknowledgedTo === null || distance(acknowledgement, this.acknowledgedTo) >= 0) {
      this.acknowledgedTo = acknowledgement | 0;
      this.window = window;
    }
    this.roundTrips.acknowledged(acknowledgement, time, samples);
  }

  /** A SYN with another number is another connection, whose numbers have nothing to do with those before. */
  private open(from: number): void {
    this.initial = from;
    this.openings += 1;
    this.started = true;
    this.highest = from;
    this.highestId = 0;
    this.acknowledgedTo = this.window = null;
    this.probed = false;
    this.holes = [];
    this.roundTrips.restart();
  }

  /** A capture that begins in the middle has seen none of the bytes before: they may come yet. */
  private begin(from: number, time: number): void {
    this.started = true;
    this.highest = from;
    this.holes = [{ from: (from - furthestBehind) | 0, to: from, since: time }];
  }

  /** The byte of a window probe was taken in if the other side, or the next segment, says so. */
  private takeInProbe(from: number): void {
    if (!this.probed) return;
    const next = (this.highest + 1) | 0;
    const isTaken = this.acknowledgedTo !== null && distance(this.acknowledgedTo, next) >= 0;
    if (!isTaken && from !== next) return;
    this.probed = false;
    this.highest = next;
    this.newBytes = this.payloadBytes = 1;
  }

  /** Whether a segment of one byte or none, and without SYN or FIN, is a probe. */
  private probe(from: number, length: number): 'keep-alive' | 'window-probe' | null {
    const { highest } = this;
    const first = this.acknowledgedTo ?? highest;
    const before = ((length === 0 ? first : highest) - 1) | 0;
    if (this.window === 0 && (length === 0 ? from === before : from === first || from === highest)) {
      this.probed = length === 1 && from === highest;
      return 'window-probe';
    }
    return distance(highest, first) <= 0 && from === ((highest - 1) | 0) ? 'keep-alive' : null;
  }

  private classify(frame: FrameDecoder, from: number, end: number, time: number): SegmentKind {
    const beyond = distance(from, this.highest);
    if (beyond >= 0) {
      if (beyond > 0) this.leaveHole(from, time);
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
    const limit = this.roundTrips.first ?? reorderingNanoseconds;
    return time - Math.max(hole.since, this.highestAt) < limit ? 'out-of-order' : 'retransmission';
  }

  /** How many of the bytes from `from` to `end` lie in a hole or beyond all that was seen. */
  private unseen(from: number, end: number): number {
    if (distance(from, this.highest) >= 0) return distance(end, from);
    let bytes = Math.max(0, distance(end, this.highest));
    for (const hole of this.holes) bytes += overlap(from, end, hole);
    return bytes;
  }

  private leaveHole(from: number, time: number): void {
    this.holes.push({ from: this.highest, to: from, since: time });
    if (this.holes.length > holesKept) this.holes.shift();
  }

  private fill(from: number, end: number): void {
    this.holes = this.holes.flatMap((hole) => {
      if (overlap(from, end, hole) === 0) return [hole];
      const rest = [];
      if (distance(from, hole.from) > 0) rest.push({ ...hole, to: from | 0 });
      if (distance(end, hole.to) < 0) rest.push({ ...hole, from: end });
      return rest;
    });
    if (this.holes.length > holesKept) this.holes.shift();
  }

  private advance(frame: FrameDecoder, end: number, time: number): void {
    this.highest = end;
    this.highestId = frame.ipId;
    this.highestAt = time;
    this.probed = false;
    const [oldest] = this.holes;
    if (oldest !== undefined && distance(end, oldest.to) > furthestBehind) this.holes.shift();
  }
}
