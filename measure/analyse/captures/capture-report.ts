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
import { notesOfPair } from './pair-notes';
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
  /** Unix time. */
  readonly firstAt: number | null;
  readonly lastAt: number | null;
  readonly seconds: number | null;
  readonly otherFrames: number;
  readonly resolutionSeconds: number;
  readonly recordedDrops: number | null;
  readonly timeReversals: number;
  readonly partial: { readonly reason: string; readonly offset: number } | null;
}

export interface SessionReport extends Pick<Session, 'protocol' | 'client' | 'server' | 'connections'> {
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
  /** Segment of this direction to the ACK that names its end, without those sent again (Karn). */
  readonly ackRoundTrip: Spread | null;
  readonly gap: Spread | null;
  readonly twoEnded: TwoEndedReport | null;
}

export interface CaptureOptions {
  readonly filter: PacketFilter;
  /** Both files were stamped by one clock. */
  readonly sharedClock: boolean;
}

/** Stamps that run backwards by more than this come from a clock that was set, not from reordering in the capture. */
const clockStepSeconds = 0.1;
/** Frames above this were not on an Ethernet without jumbo frames: the card was to cut them up. */
const largestEthernetFrame = 1522;

/** Analyses one capture, or a session's two ends. Throws CaptureFault where a file is no capture. */
export function reportCaptures(
  clientFile: string,
  serverFile: string | null,
  { filter, sharedClock }: CaptureOptions,
): CaptureReport {
  const client = readSessions(clientFile, filter);
  const server = serverFile === null ? null : readSessions(serverFile, filter);
  const clockHolds = client.longestReversalSeconds <= clockStepSeconds;
  const bothHold = clockHolds && (server?.longestReversalSeconds ?? 0) <= clockStepSeconds;
  const matches =
    serverFile === null
      ? null
      : matchSessions(clientFile, serverFile, filter, client.sessions, {
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
  const captured = summarisePackets(client.frames, client.frameBytes, clockHolds ? span([client]) : null);
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
            clockHolds ? span(displayed) : null,
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

function fileReport(file: string, facts: CaptureSessions): FileReport {
  return {
    file,
    frames: facts.frames,
    bytes: facts.frameBytes,
    firstAt: facts.firstAt,
    lastAt: facts.lastAt,
    seconds: facts.longestReversalSeconds <= clockStepSeconds ? span([facts]) : null,
    otherFrames: facts.otherFrames,
    resolutionSeconds: facts.resolutionSeconds,
    recordedDrops: facts.recordedDrops,
    timeReversals: facts.timeReversals,
    partial: describeFault(facts.fault),
  };
}

function notesOf(file: string, facts: CaptureSessions): string[] {
  const { longestReversalSeconds, timeReversals, largestFrameBytes, recordedDrops, fault } = facts;
  return [
    ...(fault === null ? [] : [`${fault.message}: the figures are of the part before`]),
    ...(longestReversalSeconds > clockStepSeconds
      ? [
          `${file}: the clock was set back by ${longestReversalSeconds} s; durations, rates and delays are unknown`,
        ]
      : timeReversals > 0
        ? [`${file}: ${timeReversals} frames are stamped earlier than the one before`]
        : []),
    ...(largestFrameBytes > largestEthernetFrame
      ? [
          `${file}: frames of up to ${largestFrameBytes} bytes; with segmentation offload on, packets are not those on the wire`,
        ]
      : []),
    ...(recordedDrops !== null && recordedDrops > 0
      ? [`${file}: the capturing program dropped ${recordedDrops} packets; counts are too low`]
      : []),
  ];
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
  const { protocol, client, server, connections, toServer, toClient } = session;
  const seconds = clocks.clockHolds ? span([toServer, toClient]) : null;
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
      seconds: clocks.clockHolds ? span([totals]) : null,
      throughputBitsPerSecond: rate(totals.wireBytes),
      goodputBitsPerSecond: rate(totals.newPayloadBytes),
      retransmissions: counted ? totals.retransmissions : null,
      outOfOrder: counted ? totals.outOfOrder : null,
      ackRoundTrip: clocks.clockHolds ? spread(totals.ackRoundTrips) : null,
      gap: clocks.clockHolds ? spread(totals.gaps) : null,
      twoEnded: bothEnds(name),
    };
  };
  return {
    protocol,
    client,
    server,
    connections,
    seconds,
    directions: [direction('to server', toServer), direction('to client', toClient)],
  };
}

/** First to last of some parts, seconds; null where there is no time. */
function span(parts: readonly { firstAt: number | null; lastAt: number | null }[]): number | null {
  let first: number | null = null;
  let last: number | null = null;
  for (const { firstAt, lastAt } of parts) {
    if (firstAt !== null && (first === null || firstAt < first)) first = firstAt;
    if (lastAt !== null && (last === null || lastAt > last)) last = lastAt;
  }
  return first === null || last === null ? null : last - first;
}
