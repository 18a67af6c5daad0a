import { CaptureReader } from './capture-reader';
import { type Flow, FlowTable } from './flow-table';
import { FrameDecoder, protocolTcp, tcpFlag } from './frame-decoder';
import { Histogram } from './histogram';

/** An IPv4 endpoint that tells the two directions apart. */
export interface Server {
  readonly address: string;
  readonly port: number;
}

/** What went in one direction past one capture point. Histograms hold seconds. */
export class DirectionTotals {
  packets = 0;
  /** Bytes of the frames on the wire, link header included, frame check sequence not. */
  wireBytes = 0;
  /** TCP or UDP payload, retransmitted copies included. */
  payloadBytes = 0;
  /** Payload seen for the first time: what the application gets. */
  newPayloadBytes = 0;
  retransmissions = 0;
  outOfOrder = 0;
  firstAt: number | null = null;
  lastAt: number | null = null;
  /** Time from one packet to the next of the same direction. */
  readonly gaps = new Histogram();
  /** Time from a segment of this direction to the ACK of the other that names its end. */
  readonly ackRoundTrips = new Histogram();
}

/** What one capture file says by itself. Times are Unix seconds. */
export interface CaptureAnalysis {
  /** All frames of the file, whatever they are. */
  readonly frames: number;
  readonly frameBytes: number;
  readonly firstAt: number | null;
  readonly lastAt: number | null;
  /** Frames that are not the server's TCP or UDP: other traffic, fragments, frames cut inside their headers. */
  readonly otherFrames: number;
  readonly toServer: DirectionTotals;
  readonly toClient: DirectionTotals;
  readonly flows: readonly Flow[];
  /** How often a frame is stamped earlier than the one before it: a clock that was set, or reordering in the capture. */
  readonly timeReversals: number;
  /** Step of the time stamps, seconds. */
  readonly resolutionSeconds: number;
  /** Why the file ends early; null = it was read to its end. */
  readonly partial: string | null;
}

/** Numeric form of a dotted IPv4 address. */
export function ipv4Word(address: string): number {
  const octets = address.split('.').map(Number);
  if (octets.length !== 4 || octets.some((octet) => !Number.isInteger(octet) || octet < 0 || octet > 255)) {
    throw new RangeError(`"${address}" is not an IPv4 address`);
  }
  return octets.reduce((word, octet) => word * 256 + octet, 0);
}

/**
 * Reads a capture once. With `server`, only its packets count as session and the rest as `otherFrames`; without, the
 * receiver of each flow's first packet is taken for its server. Throws CaptureFault where the file is no capture.
 */
export function analyseCapture(file: string, server: Server | null = null): CaptureAnalysis {
  const reader = new CaptureReader(file);
  const frame = new FrameDecoder();
  const table = new FlowTable();
  const toServer = new DirectionTotals();
  const toClient = new DirectionTotals();
  const serverWord = server === null ? 0 : ipv4Word(server.address);
  const { packet } = reader;
  let frames = 0;
  let frameBytes = 0;
  let otherFrames = 0;
  let timeReversals = 0;
  let origin: number | null = null;
  let first: number | null = null;
  let last: number | null = null;
  let previous = Number.NEGATIVE_INFINITY;

  while (reader.next()) {
    frames += 1;
    frameBytes += packet.originalLength;
    origin ??= packet.seconds;
    // Nanoseconds since the first frame's second: exact in a double for 104 days.
    const time = (packet.seconds - origin) * 1e9 + packet.nanoseconds;
    if (time < previous) timeReversals += 1;
    previous = time;
    if (!Number.isNaN(time)) {
      if (first === null || time < first) first = time;
      if (last === null || time > last) last = time;
    }
    if (!frame.decode(packet)) {
      otherFrames += 1;
      continue;
    }
    const flow = table.lookUp(frame);
    const forward = flow.isForward(frame);
    let towardsServer = forward;
    if (server !== null) {
      towardsServer = frame.destination3 === serverWord && frame.destinationPort === server.port;
      const fromServer = frame.source3 === serverWord && frame.sourcePort === server.port;
      if (frame.ipVersion !== 4 || (!towardsServer && !fromServer)) {
        otherFrames += 1;
        continue;
      }
    }
    const same = forward ? flow.forward : flow.backward;
    const opposite = forward ? flow.backward : flow.forward;
    const totals = towardsServer ? toServer : toClient;
    same.packets += 1;
    same.wireBytes += packet.originalLength;
    same.payloadBytes += frame.payloadLength;
    totals.packets += 1;
    totals.wireBytes += packet.originalLength;
    totals.payloadBytes += frame.payloadLength;
    if (!Number.isNaN(time)) {
      if (totals.lastAt !== null) totals.gaps.add(Math.max(0, time - totals.lastAt) / 1e9);
      totals.firstAt ??= time;
      totals.lastAt = time;
    }
    if (frame.protocol !== protocolTcp) {
      totals.newPayloadBytes += frame.payloadLength;
      continue;
    }
    const kind = same.stream.sent(frame, time);
    if (kind === 'retransmission') totals.retransmissions += 1;
    totals.newPayloadBytes += same.stream.newBytes;
    if (kind === 'out-of-order') totals.outOfOrder += 1;
    if (frame.flags & tcpFlag.ack) {
      const answered = towardsServer ? toClient : toServer;
      opposite.stream.acknowledged(frame.acknowledgement, time, answered.ackRoundTrips);
    }
  }

  const unixTime = (time: number | null): number | null =>
    time === null || origin === null ? null : origin + time / 1e9;
  for (const totals of [toServer, toClient]) {
    totals.firstAt = unixTime(totals.firstAt);
    totals.lastAt = unixTime(totals.lastAt);
  }
  return {
    frames,
    frameBytes,
    firstAt: unixTime(first),
    lastAt: unixTime(last),
    otherFrames,
    toServer,
    toClient,
    flows: table.flows,
    timeReversals,
    resolutionSeconds: reader.resolutionNanoseconds / 1e9,
    partial: reader.partial?.message ?? null,
  };
}
