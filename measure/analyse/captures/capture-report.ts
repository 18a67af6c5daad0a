import { isReadableOnce } from '../packets/byte-source';
import { CaptureFault } from '../packets/capture-format';
import type { NotRead } from '../packets/not-read';
import type { PacketFilter } from '../packets/packet-filter';
import type { Direction } from '../sessions/direction';
import { type PaperTable, summarisePackets } from '../sessions/paper-table';
import { type Spread, spread } from '../statistics/spread';
import {
  type CaptureSessions,
  describeFault,
  matchSessions,
  readSessions,
  type Session,
  type SessionMatch,
  sessionKey,
} from './capture-sessions';
import type { DirectionTotals } from './capture-walk';
import { byFrames, clockStepSeconds, notesOf } from './file-notes';
import { notesOfPair } from './pair-notes';
import { spanSeconds, unixSeconds } from './time-span';
import { type Clocks, type TwoEndedReport, twoEnded } from './two-ended-report';
import { whyDirectionIsUnknown } from './unknown-loss';

/**
 * What `npm run analyse` tells; docs/reference/captures.md describes it. Times and delays are seconds, rates bit/s,
 * null = unknown.
 */
export interface CaptureReport {
  readonly files: readonly FileReport[];
  /** Display filter of Wireshark that shows the same packets; null = all. */
  readonly filter: string | null;
  /** Of the first file. */
  readonly paperTable: PaperTable;
  readonly sessions: readonly SessionReport[];
  /** What a reader must know of these figures. */
  readonly notes: readonly string[];
}

export interface FileReport {
  readonly file: string;
  readonly frames: number;
  readonly bytes: number;
  /** Unix time, and the same exactly: whole nanoseconds in decimal, which a number of JSON cannot hold. */
  readonly firstAt: number | null;
  readonly lastAt: number | null;
  readonly firstAtNanoseconds: string | null;
  readonly lastAtNanoseconds: string | null;
  readonly seconds: number | null;
  readonly otherFrames: number;
  /** Those of them that were not read down to TCP or UDP, the most frequent first. */
  readonly notRead: readonly (NotRead & { readonly frames: number })[];
  readonly malformedFrames: number;
  /** Frames that were read to a packet inside tags, tunnels and the like. */
  readonly inside: readonly { readonly kind: string; readonly frames: number }[];
  readonly resolutionSeconds: number;
  readonly recordedDrops: number | null;
  readonly timeReversals: number;
  readonly partial: { readonly reason: string; readonly offset: number } | null;
}

export interface SessionReport
  extends Pick<Session, 'protocol' | 'client' | 'server' | 'inside' | 'connections'> {
  readonly seconds: number | null;
  readonly directions: readonly DirectionReport[];
}

/** One direction, as the first file has it; `twoEnded` is of both files. */
export interface DirectionReport {
  readonly direction: Direction;
  readonly packets: number;
  readonly wireBytes: number;
  /** Retransmitted copies included. */
  readonly payloadBytes: number;
  readonly newPayloadBytes: number;
  /** This direction's own first packet to its last. */
  readonly seconds: number | null;
  /** Bytes on the wire over the session's time. */
  readonly throughputBitsPerSecond: number | null;
  /** Payload, each byte once, over the session's time. */
  readonly goodputBitsPerSecond: number | null;
  /** Null for UDP, which has none. */
  readonly retransmissions: number | null;
  readonly outOfOrder: number | null;
  readonly keepAlives: number | null;
  readonly windowProbes: number | null;
  /** Segment of this direction to the ACK that names its end, without those sent again (Karn). */
  readonly ackRoundTrip: Spread | null;
  readonly gap: Spread | null;
  readonly twoEnded: TwoEndedReport | null;
}

export interface CaptureOptions {
  readonly filter: PacketFilter;
  /** Both files were stamped by one clock. */
  readonly sharedClock: boolean;
  /** Read tunnels' own packets, not what they carry. */
  readonly outer?: boolean;
}

/** Analyses one capture, or a session's two ends. Throws CaptureFault where a file is no capture. */
export function reportCaptures(
  clientFile: string,
  serverFile: string | null,
  { filter, sharedClock, outer = false }: CaptureOptions,
): CaptureReport {
  if (serverFile !== null) refusePipes([clientFile, serverFile]);
  const client = readSessions(clientFile, filter, outer);
  const server = serverFile === null ? null : readSessions(serverFile, filter, outer);
  const clockHolds = client.longestReversalSeconds <= clockStepSeconds;
  const bothHold = clockHolds && (server?.longestReversalSeconds ?? 0) <= clockStepSeconds;
  const matches =
    serverFile === null
      ? null
      : matchSessions(clientFile, serverFile, { filter, outer }, client.sessions, {
          sharedClock: sharedClock && bothHold,
        });
  const files = [
    { file: clientFile, facts: client },
    ...(server === null || serverFile === null ? [] : [{ file: serverFile, facts: server }]),
  ];
  const loss = {
    unknownBecause: whyLossIsUnknown(files),
    caveat: lossCaveat(files),
    files: [clientFile, serverFile ?? ''] as const,
  };
  const clocks = {
    clockHolds,
    bothHold,
    sharedClock,
    differBySeconds: matches?.clocksDifferBySeconds ?? null,
  };
  const sessions = client.sessions.map((session) =>
    sessionReport(session, matches?.bySession.get(sessionKey(session)) ?? null, loss, clocks),
  );
  const seen = new Set(client.sessions.map(sessionKey));
  const only = (server?.sessions ?? []).filter((session) => !seen.has(sessionKey(session))).length;
  const displayed = client.sessions.flatMap(({ toServer, toClient }) => [toServer, toClient]);
  const sum = (pick: (totals: DirectionTotals) => number): number =>
    displayed.reduce((total, one) => total + pick(one), 0);
  const captured = summarisePackets(
    client.frames,
    client.frameBytes,
    clockHolds ? spanSeconds([client]) : null,
  );
  return {
    files: files.map(({ file, facts }) => fileReport(file, facts)),
    filter: filter.expression,
    paperTable: {
      captured,
      displayed: filter.isOpen
        ? captured
        : summarisePackets(
            sum((totals) => totals.packets),
            sum((totals) => totals.wireBytes),
            clockHolds ? spanSeconds(displayed) : null,
          ),
    },
    sessions,
    notes: [
      ...files.flatMap(({ file, facts }) => notesOf(file, facts)),
      ...(matches === null || serverFile === null ? [] : notesOfPair(clientFile, serverFile, matches)),
      ...(only > 0 ? [`${serverFile} has ${only} more sessions, which ${clientFile} has not seen`] : []),
    ],
  };
}

/** Two captures are read twice: each by itself, then side by side. */
function refusePipes(files: readonly string[]): void {
  for (const file of files.filter(isReadableOnce)) {
    throw new CaptureFault(
      file,
      0,
      'a pipe can be read only once, and two captures are read twice: save it to a file (.gz and .zst are read as they are)',
    );
  }
}

function fileReport(file: string, facts: CaptureSessions): FileReport {
  return {
    file,
    frames: facts.frames,
    bytes: facts.frameBytes,
    firstAt: unixSeconds(facts.firstAt),
    lastAt: unixSeconds(facts.lastAt),
    firstAtNanoseconds: facts.firstAt?.toString() ?? null,
    lastAtNanoseconds: facts.lastAt?.toString() ?? null,
    seconds: facts.longestReversalSeconds <= clockStepSeconds ? spanSeconds([facts]) : null,
    otherFrames: facts.otherFrames,
    notRead: byFrames(facts.notRead).map(([reason, frames]) => ({ ...reason, frames })),
    malformedFrames: facts.malformedFrames,
    inside: byFrames(facts.inside).map(([kind, frames]) => ({ kind, frames })),
    resolutionSeconds: facts.resolutionSeconds,
    recordedDrops: facts.recordedDrops,
    timeReversals: facts.timeReversals,
    partial: describeFault(facts.fault),
  };
}

function whyLossIsUnknown(files: readonly { file: string; facts: CaptureSessions }[]): string | null {
  for (const { file, facts } of files) {
    if (facts.fault !== null) return `${file} is cut off or corrupt`;
    if (facts.recordedDrops !== null && facts.recordedDrops > 0) {
      return `the capture ${file} dropped ${facts.recordedDrops} packets itself`;
    }
    if (facts.frames > 0 && facts.firstAt === null) {
      return `${file} has no time stamps, and so does not tell when it ran`;
    }
  }
  return null;
}

function lossCaveat(files: readonly { file: string; facts: CaptureSessions }[]): string | null {
  const silent = files.filter(({ facts }) => facts.recordedDrops === null).map(({ file }) => file);
  return silent.length === 0
    ? null
    : `${silent.join(' and ')} ${silent.length === 1 ? 'does' : 'do'} not record how many packets the capture dropped itself, and those would count as lost`;
}

interface LossOfAll {
  readonly unknownBecause: string | null;
  readonly caveat: string | null;
  readonly files: readonly [client: string, server: string];
}

function sessionReport(
  session: Session,
  match: SessionMatch | null,
  loss: LossOfAll,
  clocks: Clocks,
): SessionReport {
  const { protocol, client, server, inside, connections, toServer, toClient } = session;
  const seconds = clocks.clockHolds ? spanSeconds([toServer, toClient]) : null;
  const [clientFile, serverFile] = loss.files;
  const bothEnds = (name: Direction): TwoEndedReport | null => {
    if (match === null) return null;
    const [matched, opposite, names] =
      name === 'to server'
        ? [match.toServer, match.toClient, { sender: clientFile, receiver: serverFile }]
        : [match.toClient, match.toServer, { sender: serverFile, receiver: clientFile }];
    const unknownBecause = loss.unknownBecause ?? whyDirectionIsUnknown(matched, opposite, names);
    return twoEnded(matched, { unknownBecause, caveat: loss.caveat }, clocks);
  };
  const direction = (name: Direction, totals: DirectionTotals): DirectionReport => {
    const rate = (bytes: number): number | null =>
      seconds === null || seconds <= 0 ? null : (bytes * 8) / seconds;
    const counted = protocol === 'tcp';
    return {
      direction: name,
      packets: totals.packets,
      wireBytes: totals.wireBytes,
      payloadBytes: totals.payloadBytes,
      newPayloadBytes: totals.newPayloadBytes,
      seconds: clocks.clockHolds ? spanSeconds([totals]) : null,
      throughputBitsPerSecond: rate(totals.wireBytes),
      goodputBitsPerSecond: rate(totals.newPayloadBytes),
      retransmissions: counted ? totals.retransmissions : null,
      outOfOrder: counted ? totals.outOfOrder : null,
      keepAlives: counted ? totals.keepAlives : null,
      windowProbes: counted ? totals.windowProbes : null,
      ackRoundTrip: clocks.clockHolds ? spread(totals.ackRoundTrips) : null,
      gap: clocks.clockHolds ? spread(totals.gaps) : null,
      twoEnded: bothEnds(name),
    };
  };
  return {
    protocol,
    client,
    server,
    inside,
    connections,
    seconds,
    directions: [direction('to server', toServer), direction('to client', toClient)],
  };
}
