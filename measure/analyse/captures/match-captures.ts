import { CaptureReader } from '../packets/capture-reader';
import { FrameDecoder } from '../packets/frame-decoder';
import { ipv4Word } from '../packets/ip-address';
import { Histogram } from '../statistics/histogram';
import type { Server } from './capture-analysis';
import { InterarrivalJitter } from './jitter';

/** One direction, followed from the capture at its sender to the capture at its receiver. Histograms hold seconds. */
export class MatchedDirection {
  sent = 0;
  matched = 0;
  /** Seen at the sender and never, or later than the wait, at the receiver. */
  lost = 0;
  /** Seen at the receiver and never at the sender: the sender's capture has missed them. */
  unexplained = 0;
  /** Packets whose key was on its way twice at once; they count for loss, but give no delay. */
  ambiguous = 0;
  /** Receiver's time less sender's; a delay only where both captures share a clock. */
  readonly transit = new Histogram();
  readonly jitter = new InterarrivalJitter();
  negativeTransits = 0;
  /**
   * Those of the lost that were sent before the first, or after the last packet that arrived: lost only if the other
   * capture was running.
   */
  lostAtBegin = 0;
  lostAtEnd = 0;
}

export interface MatchedCaptures extends PairFacts {
  readonly toServer: MatchedDirection;
  readonly toClient: MatchedDirection;
}

/** RFC 7680 wants the wait stated after which a packet counts as lost; TCP would have sent it again by then. */
export const lossWaitSeconds = 3;

/** Times, nanoseconds, of packets with the same key that one end has seen and the other has not yet. */
type Outstanding = Map<number, number | number[]>;

/** A direction's totals and its packets that are on their way. */
export interface MatchedPair {
  readonly toServer: DirectionMatcher;
  readonly toClient: DirectionMatcher;
}

/** Which packets are followed, and where they are counted. */
export interface Following {
  accepts(frame: FrameDecoder): boolean;
  isToServer(frame: FrameDecoder): boolean;
  pairOf(frame: FrameDecoder): MatchedPair;
}

/** What the two files say as a whole. */
export interface PairFacts {
  /** Why one of the files ended early; null = both were read to their end. */
  readonly partial: string | null;
  readonly waitSeconds: number;
}

export interface MatchOptions {
  readonly sharedClock: boolean;
  readonly waitSeconds?: number;
  /** Follow tunnels' own packets, not what they carry. */
  readonly outer?: boolean;
}

class End {
  readonly reader: CaptureReader;
  readonly frame: FrameDecoder;
  /** Time of the frame at hand since `epoch`, nanoseconds. */
  time = 0;
  /** The same since the file's first frame, which keeps both files in step where their clocks differ. */
  elapsed = 0;
  private firstTime: number | null = null;
  open = true;

  constructor(
    file: string,
    private readonly following: Following,
    outer = false,
  ) {
    this.frame = new FrameDecoder(outer);
    this.reader = new CaptureReader(file);
  }

  /** Moves on to the next packet that is followed, and answers the epoch: its second where there was none before. */
  advance(epoch: number | null): number | null {
    const { reader, frame, following } = this;
    while (reader.next()) {
      const { packet } = reader;
      if (!frame.decode(packet) || !following.accepts(frame)) continue;
      const zero = epoch ?? packet.seconds;
      this.time = (packet.seconds - zero) * 1e9 + packet.nanoseconds;
      this.firstTime ??= this.time;
      this.elapsed = this.time - this.firstTime;
      return zero;
    }
    this.open = false;
    return epoch;
  }
}

/**
 * Follows every packet of a server's sessions from one capture to the other, as `followPackets` does, and counts all of
 * them together.
 */
export function matchCaptures(
  clientFile: string,
  serverFile: string,
  server: Server,
  options: MatchOptions,
): MatchedCaptures {
  const word = ipv4Word(server.address);
  const pair = newPair(options);
  const isToServer = (frame: FrameDecoder): boolean =>
    frame.destination3 === word && frame.destinationPort === server.port;
  const facts = followPackets(clientFile, serverFile, options, {
    accepts: (frame) =>
      frame.ipVersion === 4 &&
      (isToServer(frame) || (frame.source3 === word && frame.sourcePort === server.port)),
    isToServer,
    pairOf: () => pair,
  });
  return { ...facts, toServer: pair.toServer.finish(), toClient: pair.toClient.finish() };
}

export function newPair({ sharedClock, waitSeconds = lossWaitSeconds }: MatchOptions): MatchedPair {
  const wait = sharedClock ? waitSeconds * 1e9 : Number.POSITIVE_INFINITY;
  return { toServer: new DirectionMatcher(wait), toClient: new DirectionMatcher(wait) };
}

/**
 * Follows packets from one capture to the other (RFC 7680 for loss, RFC 7679 for delay). Packets are matched as a
 * multiset on addresses, ports, IP identification, sequence and acknowledgement number (with UDP the first eight bytes of payload)
 * and payload length. Both files are read side by side, so that only packets on their way are kept, as 53-bit hashes of their keys
 * (for a million packets on their way at once, which would be far more than any session has, the chance that two share
 * one is 6e-5). A packet that comes after more than `waitSeconds` counts as lost; where the clocks differ, only those
 * that never come do. Throws CaptureFault where a file is no capture.
 */
export function followPackets(
  clientFile: string,
  serverFile: string,
  options: MatchOptions,
  following: Following,
): PairFacts {
  const client = new End(clientFile, following, options.outer);
  let far: End | null = null;
  try {
    far = new End(serverFile, following, options.outer);
    let epoch = client.advance(null);
    epoch = far.advance(epoch);
    while (client.open || far.open) {
      const lag = options.sharedClock ? client.time - far.time : client.elapsed - far.elapsed;
      const fromClient = client.open && (!far.open || lag <= 0);
      const end = fromClient ? client : far;
      const key = packetKey(end.frame);
      const toServer = following.isToServer(end.frame);
      const pair = following.pairOf(end.frame);
      const direction = toServer ? pair.toServer : pair.toClient;
      // Towards the server, the client's capture is the sender's end.
      if (toServer === fromClient) direction.seenAtSender(key, end.time);
      else direction.seenAtReceiver(key, end.time);
      end.advance(epoch);
    }
  } finally {
    client.reader.close();
    far?.reader.close();
  }
  const partial = client.reader.partial ?? far.reader.partial;
  return { partial: partial?.message ?? null, waitSeconds: options.waitSeconds ?? lossWaitSeconds };
}

export class DirectionMatcher {
  private readonly result = new MatchedDirection();
  private readonly onTheWay: Outstanding = new Map();
  private readonly early: Outstanding = new Map();
  private firstSent = Number.POSITIVE_INFINITY;
  private lastSent = Number.NEGATIVE_INFINITY;

  constructor(private readonly waitNanoseconds: number) {}

  seenAtSender(key: number, time: number): void {
    this.result.sent += 1;
    const received = take(this.early, key);
    if (received === null) this.result.ambiguous += put(this.onTheWay, key, time);
    else this.match(time, received.time, received.alone);
  }

  seenAtReceiver(key: number, time: number): void {
    const sent = take(this.onTheWay, key);
    if (sent === null) this.result.ambiguous += put(this.early, key, time);
    else this.match(sent.time, time, sent.alone);
  }

  finish(): MatchedDirection {
    this.result.lost += countAll(this.onTheWay);
    this.result.lostAtBegin = countAll(this.onTheWay, (sent) => sent < this.firstSent);
    this.result.lostAtEnd = countAll(this.onTheWay, (sent) => sent > this.lastSent);
    this.result.unexplained = countAll(this.early);
    return this.result;
  }

  private match(sent: number, received: number, alone: boolean): void {
    const { result } = this;
    if (received - sent > this.waitNanoseconds) {
      result.lost += 1;
      return;
    }
    result.matched += 1;
    if (sent < this.firstSent) this.firstSent = sent;
    if (sent > this.lastSent) this.lastSent = sent;
    if (!alone || Number.isNaN(sent) || Number.isNaN(received)) return;
    const transit = (received - sent) / 1e9;
    if (transit < 0) result.negativeTransits += 1;
    result.transit.add(transit);
    result.jitter.add(transit);
  }
}

/** Answers 1 where the key was there already, which makes the packet ambiguous, else 0. */
function put(map: Outstanding, key: number, time: number): 0 | 1 {
  const there = map.get(key);
  if (there === undefined) {
    map.set(key, time);
    return 0;
  }
  if (typeof there === 'number') map.set(key, [there, time]);
  else there.push(time);
  return 1;
}

/** Takes the oldest packet with this key out; `alone` where there was no other. */
function take(map: Outstanding, key: number): { time: number; alone: boolean } | null {
  const there = map.get(key);
  if (there === undefined) return null;
  if (typeof there === 'number') {
    map.delete(key);
    return { time: there, alone: true };
  }
  const time = there.shift();
  if (there.length === 0) map.delete(key);
  return time === undefined ? null : { time, alone: false };
}

function countAll(map: Outstanding, where: (time: number) => boolean = () => true): number {
  let count = 0;
  for (const there of map.values()) count += [there].flat().filter(where).length;
  return count;
}

/** A 53-bit hash of what stays the same about a packet from end to end. */
function packetKey(frame: FrameDecoder): number {
  let low = 0x811c9dc5;
  let high = 0x2c1b3c6d;
  const mix = (word: number): void => {
    low = Math.imul(low ^ word, 0x01000193);
    low ^= low >>> 15;
    high = Math.imul(high ^ word, 0x85ebca6b);
    high ^= high >>> 13;
  };
  mix(frame.source3);
  mix(frame.destination3);
  if (frame.ipVersion === 6) {
    mix(frame.source0);
    mix(frame.source1);
    mix(frame.source2);
    mix(frame.destination0);
    mix(frame.destination1);
    mix(frame.destination2);
  }
  mix((frame.sourcePort << 16) | frame.destinationPort);
  mix(frame.ipId);
  mix(frame.sequence);
  mix(frame.acknowledgement);
  mix(frame.payloadLength);
  mix(frame.protocol);
  low = Math.imul(low ^ (low >>> 16), 0x7feb352d);
  high = Math.imul(high ^ (high >>> 16), 0x846ca68b);
  return ((low ^ (low >>> 15)) >>> 0) * 0x200000 + ((high ^ (high >>> 16)) >>> 11);
}
