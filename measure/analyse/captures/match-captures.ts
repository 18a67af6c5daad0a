import type { FrameDecoder } from '../packets/frame-decoder';
import { ipv4Word } from '../packets/ip-address';
import type { Server } from './capture-analysis';
import { CaptureEnd, type Followed } from './capture-end';
import { type ClockSurvey, surveyClocks } from './clock-survey';
import { DirectionMatcher, MatchedDirection, Path } from './direction-matcher';
import { Fifo } from './fifo';
import { copyKey, isNumbered, packetKey } from './packet-key';
import { RecentKeys } from './recent-keys';

export { MatchedDirection } from './direction-matcher';

export interface MatchedCaptures extends PairFacts {
  readonly toServer: MatchedDirection;
  readonly toClient: MatchedDirection;
}

/** RFC 7680 wants the wait stated after which a packet counts as lost; TCP would have sent it again by then. */
export const lossWaitSeconds = 3;
/** Copies that one capture makes of a packet, as on each interface of a router, are no further apart than this. */
const copyNanoseconds = 1e6;

/** A direction's totals and its packets that are on their way. */
export interface MatchedPair {
  readonly toServer: DirectionMatcher;
  readonly toClient: DirectionMatcher;
}

/** The two ways between the captures. */
export interface Paths {
  readonly toServer: Path;
  readonly toClient: Path;
}

/** Which packets are followed, and where they are counted. */
export interface Following extends Followed {
  isToServer(frame: FrameDecoder): boolean;
  pairOf(frame: FrameDecoder, paths: Paths): MatchedPair;
}

/** What the two files say as a whole. */
export interface PairFacts {
  /** Why one of the files ended early; null = both were read to their end. */
  readonly partial: string | null;
  readonly waitSeconds: number;
  /** By how much clocks that are called one must differ at least, seconds; null = nothing says that they do. */
  readonly clocksDifferBySeconds: number | null;
}

export interface MatchOptions {
  readonly sharedClock: boolean;
  readonly waitSeconds?: number;
  /** Both captures are known to have run all the time, though their first and last frames do not show it. */
  readonly ranThroughout?: boolean;
}

/** A packet that has arrived, until all that was sent before it has been read. */
interface Arrival {
  readonly direction: DirectionMatcher;
  readonly key: number;
  readonly time: number;
  readonly twice: boolean;
  readonly numbered: boolean;
}

/**
 * Follows every packet of a server's sessions from one capture to the other, as `followPackets` does, and counts all of
 * them together. The captures are the lab's own, which run from before the session until after it.
 */
export function matchCaptures(
  clientFile: string,
  serverFile: string,
  server: Server,
  options: MatchOptions,
): MatchedCaptures {
  const word = ipv4Word(server.address);
  let pair: MatchedPair | null = null;
  const isToServer = (frame: FrameDecoder): boolean =>
    frame.destination3 === word && frame.destinationPort === server.port;
  const facts = followPackets(
    clientFile,
    serverFile,
    { ...options, ranThroughout: true },
    {
      accepts: (frame) =>
        frame.ipVersion === 4 &&
        (isToServer(frame) || (frame.source3 === word && frame.sourcePort === server.port)),
      isToServer,
      pairOf: (_, paths) => {
        pair ??= newPair(paths);
        return pair;
      },
    },
  );
  return { ...facts, ...finishPair(pair) };
}

export function newPair(paths: Paths): MatchedPair {
  return { toServer: new DirectionMatcher(paths.toServer), toClient: new DirectionMatcher(paths.toClient) };
}

export function finishPair(pair: MatchedPair | null): {
  readonly toServer: MatchedDirection;
  readonly toClient: MatchedDirection;
} {
  return {
    toServer: pair?.toServer.finish() ?? new MatchedDirection(),
    toClient: pair?.toClient.finish() ?? new MatchedDirection(),
  };
}

/**
 * Follows packets from one capture to the other (RFC 7680 for loss, RFC 7679 for delay). Packets are matched as a
 * multiset on addresses, ports, IP identification, sequence and acknowledgement number (with UDP the first eight bytes of payload)
 * and payload length. Both files are read twice: once to compare their clocks, then side by side by what is then one clock, so
 * that only packets on their way are kept, as 53-bit hashes of their keys (for a million packets on their way at once, which
 * would be far more than any session has, the chance that two share one is 6e-5). A packet that comes after more than
 * `waitSeconds` counts as lost; where the clocks differ, only those that never come do. Throws CaptureFault where a file is
 * no capture.
 */
export function followPackets(
  clientFile: string,
  serverFile: string,
  options: MatchOptions,
  following: Following,
): PairFacts {
  const { sharedClock, waitSeconds = lossWaitSeconds, ranThroughout = false } = options;
  const clocks = surveyClocks(clientFile, serverFile, following, { sharedClock, waitSeconds });
  const paths = { toServer: newPath(clocks, waitSeconds), toClient: newPath(clocks, waitSeconds) };
  const client = new CaptureEnd(clientFile, following);
  let far: CaptureEnd | null = null;
  try {
    far = new CaptureEnd(serverFile, following, clocks.shift);
    readSideBySide(client, far, paths, clocks.slack, following);
  } finally {
    client.reader.close();
    far?.reader.close();
  }
  if (!ranThroughout) {
    paths.toServer.atSender = paths.toClient.atReceiver = client.running;
    paths.toServer.atReceiver = paths.toClient.atSender = far.running;
  }
  const partial = client.reader.partial ?? far.reader.partial;
  return {
    partial: partial?.message ?? null,
    waitSeconds,
    clocksDifferBySeconds: clocks.differBySeconds,
  };
}

function newPath({ known, shared, slack }: ClockSurvey, waitSeconds: number): Path {
  const wait = known ? waitSeconds * 1e9 : Number.POSITIVE_INFINITY;
  return new Path({ wait, slack, sharedClock: shared, waitSeconds });
}

/** Arrivals wait until the sender's file has been read that far: they are counted in their order, and after their sending. */
function readSideBySide(
  client: CaptureEnd,
  far: CaptureEnd,
  paths: Paths,
  slack: number,
  following: Following,
): void {
  const arrivals = new Fifo<Arrival>();
  const countArrivals = (before: number): void => {
    for (let next = arrivals.first; next !== undefined && !(next.time >= before); next = arrivals.first) {
      next.direction.seenAtReceiver(next.key, next.time, next.twice, next.numbered);
      arrivals.shift();
    }
  };
  const copies = { client: new RecentKeys(copyNanoseconds), far: new RecentKeys(copyNanoseconds) };
  client.advance();
  far.advance();
  while (client.open || far.open) {
    const fromClient = client.open && (!far.open || !(client.time > far.time));
    const { frame, time } = fromClient ? client : far;
    countArrivals(time - slack);
    const key = packetKey(frame);
    const copy = copyKey(key, frame);
    const seen = fromClient ? copies.client : copies.far;
    const twice = seen.has(copy, time);
    seen.add(copy, time);
    const toServer = following.isToServer(frame);
    const pair = following.pairOf(frame, paths);
    const direction = toServer ? pair.toServer : pair.toClient;
    // Towards the server, the client's capture is the sender's end.
    if (toServer === fromClient) direction.seenAtSender(key, time, twice);
    else arrivals.push({ direction, key, time, twice, numbered: isNumbered(frame) });
    if (fromClient) client.advance();
    else far.advance();
  }
  countArrivals(Number.POSITIVE_INFINITY);
}
