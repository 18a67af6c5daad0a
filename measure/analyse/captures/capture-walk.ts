import type { CaptureFault } from '../packets/capture-format';
import { CaptureReader } from '../packets/capture-reader';
import { FrameDecoder, protocolTcp, tcpFlag } from '../packets/frame-decoder';
import { fragment, type NotRead } from '../packets/not-read';
import { Histogram } from '../statistics/histogram';
import { type Flow, FlowTable } from './flow-table';
import type { TimeSpan } from './time-span';

/** What went in one direction past one capture point. Histograms hold seconds. */
export class DirectionTotals implements TimeSpan {
  packets = 0;
  /** Bytes of the frames on the wire, link header included, frame check sequence not. */
  wireBytes = 0;
  /** TCP or UDP payload, retransmitted copies included. */
  payloadBytes = 0;
  /** Payload seen for the first time: what the application gets. */
  newPayloadBytes = 0;
  retransmissions = 0;
  outOfOrder = 0;
  /** Packets of TCP that carry nothing for the application; a byte in them is no payload. */
  keepAlives = 0;
  windowProbes = 0;
  firstAt: bigint | null = null;
  lastAt: bigint | null = null;
  /** The same while the capture is read, nanoseconds since its first second. */
  first: number | null = null;
  last: number | null = null;
  /** Time from one packet to the next of the same direction. */
  readonly gaps = new Histogram();
  /** Time from a segment of this direction to the ACK of the other that names its end. */
  readonly ackRoundTrips = new Histogram();
}

/** Both directions of one flow or of many. */
export interface TotalsPair {
  readonly toServer: DirectionTotals;
  readonly toClient: DirectionTotals;
}

/** What is to be done with the packets of a capture. */
export interface Walk {
  /** Read tunnels' own packets, not what they carry. */
  readonly outer?: boolean;
  /** False = the frame counts as another's. */
  accepts(frame: FrameDecoder): boolean;
  isTowardsServer(frame: FrameDecoder, flow: Flow, forward: boolean): boolean;
  /** Where the flow's packets are counted. */
  totalsOf(flow: Flow): TotalsPair;
}

/** What one capture file says as a whole. */
export interface CaptureFacts extends TimeSpan {
  /** All frames of the file, whatever they are. */
  readonly frames: number;
  readonly frameBytes: number;
  readonly largestFrameBytes: number;
  /** Frames that were not counted: other traffic, and what was not read. */
  readonly otherFrames: number;
  /** Those of them that were not read down to TCP or UDP. */
  readonly notRead: ReadonlyMap<NotRead, number>;
  /** Frames whose packet lay inside tags, tunnels and the like, by FrameDecoder's name for it. */
  readonly inside: ReadonlyMap<string, number>;
  /** Frames with a length in a header that cannot be; it was bounded where the frame could be read. */
  readonly malformedFrames: number;
  readonly flows: readonly Flow[];
  /** How often a frame is stamped earlier than the one before it: a clock that was set, or reordering in the capture. */
  readonly timeReversals: number;
  /** The longest of them, seconds. */
  readonly longestReversalSeconds: number;
  /** Records whose fraction of a second is a second or more. */
  readonly oddStamps: number;
  /** Step of the time stamps, seconds. */
  readonly resolutionSeconds: number;
  /** Drops that the file itself records; null = it does not say. */
  readonly recordedDrops: number | null;
  /** Why the file ends early; null = it was read to its end. */
  readonly fault: CaptureFault | null;
}

/** Reads a capture once, from front to back. Throws CaptureFault where the file is no capture. */
export function walkCapture(file: string, walk: Walk): CaptureFacts {
  const reader = new CaptureReader(file);
  const frame = new FrameDecoder(walk.outer);
  const table = new FlowTable();
  const counted = new Set<TotalsPair>();
  const { packet } = reader;
  let lastPair: TotalsPair | null = null;
  let frames = 0;
  let frameBytes = 0;
  let largestFrameBytes = 0;
  let shownFrames = 0;
  let malformedFrames = 0;
  const notRead = new Map<NotRead, number>();
  const inside = new Map<string, number>();
  let timeReversals = 0;
  let longestReversal = 0;
  let origin: number | null = null;
  let first: number | null = null;
  let last: number | null = null;
  let previous = Number.NEGATIVE_INFINITY;

  while (reader.next()) {
    frames += 1;
    frameBytes += packet.originalLength;
    if (packet.originalLength > largestFrameBytes) largestFrameBytes = packet.originalLength;
    if (origin === null && !Number.isNaN(packet.seconds)) origin = packet.seconds;
    // Nanoseconds since the first frame's second: exact in a double for 104 days. NaN where there is no time.
    const time = (packet.seconds - (origin ?? Number.NaN)) * 1e9 + packet.nanoseconds;
    if (time < previous) {
      timeReversals += 1;
      if (previous - time > longestReversal) longestReversal = previous - time;
    }
    if (!Number.isNaN(time)) {
      previous = time;
      if (first === null || time < first) first = time;
      if (last === null || time > last) last = time;
    }
    const isRead = frame.decode(packet);
    if (frame.lengthLies) malformedFrames += 1;
    // The fragments before this one have turned out to be parts of a whole.
    if (frame.frames > 1) count(notRead, fragment, 1 - frame.frames);
    if (frame.unread !== null) count(notRead, frame.unread, frame.frames);
    if (!isRead || !walk.accepts(frame)) continue;
    shownFrames += frame.frames;
    if (frame.inside !== '') count(inside, frame.inside, frame.frames);
    const flow = table.lookUp(frame);
    const forward = flow.isForward(frame);
    const same = forward ? flow.forward : flow.backward;
    const opposite = forward ? flow.backward : flow.forward;
    const towardsServer = walk.isTowardsServer(frame, flow, forward);
    const pair = walk.totalsOf(flow);
    if (pair !== lastPair) counted.add(pair);
    lastPair = pair;
    const totals = towardsServer ? pair.toServer : pair.toClient;
    totals.packets += frame.frames;
    totals.wireBytes += frame.wireBytes;
    if (!Number.isNaN(time)) {
      // A gap across a clock that was set back is unknown.
      if (totals.last !== null && time >= totals.last) totals.gaps.add((time - totals.last) / 1e9);
      totals.first ??= time;
      totals.last = time;
    }
    if (frame.protocol !== protocolTcp) {
      totals.payloadBytes += frame.payloadLength;
      totals.newPayloadBytes += frame.payloadLength;
      continue;
    }
    const kind = same.stream.sent(frame, time);
    totals.payloadBytes += same.stream.payloadBytes;
    totals.newPayloadBytes += same.stream.newBytes;
    if (kind === 'retransmission') totals.retransmissions += 1;
    else if (kind === 'out-of-order') totals.outOfOrder += 1;
    else if (kind === 'keep-alive') totals.keepAlives += 1;
    else if (kind === 'window-probe') totals.windowProbes += 1;
    if (frame.flags & tcpFlag.ack) {
      const answered = towardsServer ? pair.toClient : pair.toServer;
      opposite.stream.acknowledged(frame.acknowledgement, frame.window, time, answered.ackRoundTrips);
    }
  }

  const unixTime = (time: number | null): bigint | null =>
    time === null || origin === null ? null : BigInt(origin) * 1_000_000_000n + BigInt(time);
  for (const { toServer, toClient } of counted) {
    for (const totals of [toServer, toClient]) {
      totals.firstAt = unixTime(totals.first);
      totals.lastAt = unixTime(totals.last);
    }
  }
  return {
    frames,
    frameBytes,
    largestFrameBytes,
    firstAt: unixTime(first),
    lastAt: unixTime(last),
    otherFrames: frames - shownFrames,
    notRead,
    inside,
    malformedFrames,
    flows: table.flows,
    timeReversals,
    longestReversalSeconds: longestReversal / 1e9,
    resolutionSeconds: reader.resolutionNanoseconds / 1e9,
    oddStamps: reader.oddStamps,
    recordedDrops: reader.recordedDrops,
    fault: reader.partial,
  };
}

function count<T>(map: Map<T, number>, key: T, frames: number): void {
  const sum = (map.get(key) ?? 0) + frames;
  if (sum === 0) map.delete(key);
  else map.set(key, sum);
}
