import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { medianSorted } from 'simple-statistics';
import type { CaptureFile, QosSession } from '../../run/raw-data';
import { analyseCapture, type CaptureAnalysis, type DirectionTotals } from '../captures/capture-analysis';
import { clockStepSeconds } from '../captures/file-notes';
import { type MatchedDirection, matchCaptures } from '../captures/match-captures';
import { spanSeconds } from '../captures/time-span';
import { roundSeconds } from '../captures/two-ended-report';
import { whyDirectionIsUnknown } from '../captures/unknown-loss';
import { CaptureFault } from '../packets/capture-format';
import { guestCpuPercent, nodeCpuPercent, percent } from '../resources/counters';
import type { Histogram } from '../statistics/histogram';
import { type QuantileCurve, quantileCurve } from '../statistics/quantile-curve';
import { type Spread, spread, spreadOf } from '../statistics/spread';
import {
  analyseDirection,
  type Direction,
  type DirectionResult,
  delays,
  whyLossIsUnknown,
} from './direction';
import { type PageLoad, pageLoads, type ShownPage, shownPages } from './page-load';

export interface SessionResult {
  readonly session: number;
  readonly guest: string;
  readonly startedAt: number;
  /** From the first packet to the last at the client; the reader's own times where there is no capture. */
  readonly seconds: number | null;
  readonly directions: readonly DirectionResult[];
  /** Both directions together, as the paper's table has it. */
  readonly total: {
    readonly capturedPackets: number;
    readonly capturedBytes: number;
    readonly capturedSeconds: number | null;
    readonly packets: number;
    readonly bytes: number;
    readonly throughputBitsPerSecond: number | null;
  } | null;
  /** Client's segment to server's ACK at the client, so network and server's stack. */
  readonly ackRoundTrip: Spread | null;
  readonly probe: {
    readonly method: string;
    readonly sent: number;
    readonly lost: number;
    readonly roundTrip: Spread | null;
  };
  /** What read the pages, in its own words. */
  readonly reader: string;
  readonly pages: readonly PageLoad[];
  /** Load times of the pages that came. */
  readonly pageLoad: Spread | null;
  /** The same pages as browsers showed them; empty where no browser read. */
  readonly shownPages: readonly ShownPage[];
  /** Pages of the warm-up, which are in no other figure; empty where there was none. */
  /** From what it began; absent = its guest had gone on. */
  readonly reset?: QosSession['reset'];
  readonly warmUpPages: readonly PageLoad[];
  readonly failedTransfers: number;
  /**
   * Rate of single transfers of 16 KiB or more from their first byte to their last, median: neither think times nor the time
   * that the application takes to answer hide the capacity.
   */
  readonly transferBitsPerSecond: number | null;
  /** Step of the captures' time stamps, seconds. */
  readonly resolutionSeconds: number | null;
  readonly captures: readonly CaptureFile[];
  /** CPU of the node meanwhile, % of all CPUs: all of it, and what of it the guests' processes took; null = not recorded. */
  readonly nodeCpuPercent: number | null;
  readonly guestsCpuPercent: number | null;
  /** CPU time of all captures over the session's time, % of one CPU; null = not recorded. */
  readonly captureCpuPercent: number | null;
  /** Segmentation offloads inside the guest; null = not known. */
  readonly guestOffloads: Readonly<Record<string, boolean>> | null;
  /** How the link was shaped, and what it dropped by its own counters; null = not at all. */
  readonly link: NonNullable<QosSession['link']> | null;
  /** What a reader must know of this session's figures. */
  readonly notes: readonly string[];
  readonly fault: string | null;
}

/** Distribution functions of one session, seconds: what charts are drawn from. Null = not known. */
export interface SessionCurves {
  readonly session: number;
  readonly guest: string;
  readonly oneWayDelay: Readonly<Record<Direction, QuantileCurve | null>>;
  readonly ackRoundTrip: QuantileCurve | null;
}

const smallestRatedTransfer = 16 * 1024;

/** Analyses one session with its captures. A capture that is missing or broken makes its figures unknown and is noted. */
export function analyseSession(
  directory: string,
  session: QosSession,
): { readonly result: SessionResult; readonly curves: SessionCurves } {
  const notes: string[] = [];
  const server = { address: session.serverAddress, port: session.serverPort };
  const file = (where: 'client' | 'server'): string | null => {
    const capture = session.captures.find((candidate) => candidate.where === where);
    const path = capture ? join(directory, capture.file) : null;
    if (path !== null && existsSync(path)) return path;
    notes.push(`there is no capture at the ${where}`);
    return null;
  };
  const attempt = <T>(read: () => T): T | null => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof CaptureFault)) throw error;
      notes.push(`a capture cannot be read: ${error.reason}`);
      return null;
    }
  };

  const clientFile = file('client');
  const serverFile = file('server');
  const held = clientFile === null ? null : attempt(() => analyseCapture(clientFile, server));
  const atClient = held === null || held.longestReversalSeconds <= clockStepSeconds ? held : null;
  const matched =
    clientFile === null || serverFile === null || atClient === null
      ? null
      : attempt(() => matchCaptures(clientFile, serverFile, server, { sharedClock: session.sharedClock }));
  if (atClient?.partial) notes.push('the capture at the client is cut off: figures are of its first part');
  const setBack =
    held !== null && atClient === null
      ? `the clock that stamps the packets was set back by ${held.longestReversalSeconds.toFixed(3)} s: what they say is unknown`
      : null;
  if (atClient !== null && atClient.timeReversals > 0) {
    notes.push(`the capture's clock ran backwards ${atClient.timeReversals} times`);
  }
  const seconds = sessionSeconds(atClient);
  const unknownLoss = whyLossIsUnknown(session, matched);
  const failed = session.transfers.filter(
    (transfer) => transfer.error !== null || transfer.status === null || transfer.status >= 400,
  ).length;
  if (failed > 0) notes.push(`${failed} of ${session.transfers.length} transfers failed`);
  const rates = session.transfers
    .filter((transfer) => transfer.error === null && transfer.bytes >= smallestRatedTransfer)
    .map(({ bytes, endedAt, firstByteAt }) => (bytes * 8) / (endedAt - (firstByteAt ?? endedAt)))
    .filter(Number.isFinite);
  if (matched !== null && matched.clocksDifferBySeconds !== null) {
    notes.push(
      `by packets of one direction the captures' clocks differ by ${roundSeconds(matched.clocksDifferBySeconds)} s at least: delays are unknown`,
    );
  }
  const direction = (name: Direction, totals: DirectionTotals) => {
    if (matched === null) return analyseDirection(name, totals, undefined, seconds, unknownLoss);
    const { toServer, toClient } = matched;
    const [atClient, atServer] = ['the capture at the client', 'the capture at the server'];
    const [pair, opposite, names] =
      name === 'to server'
        ? [toServer, toClient, { sender: atClient, receiver: atServer }]
        : [toClient, toServer, { sender: atServer, receiver: atClient }];
    const reason = unknownLoss ?? whyDirectionIsUnknown(pair, opposite, names);
    return analyseDirection(name, totals, pair, seconds, reason);
  };
  const pages = pageLoads(session.transfers);
  const probes = session.probe.roundTripSeconds;
  const answered = probes.filter((value) => value !== null);

  const curve = (of: Histogram | null | undefined) => (of ? quantileCurve(of) : null);
  const delayCurve = (of: MatchedDirection | undefined) => curve(delays(of));
  const curves: SessionCurves = {
    session: session.session,
    guest: session.guest,
    oneWayDelay: { 'to server': delayCurve(matched?.toServer), 'to client': delayCurve(matched?.toClient) },
    ackRoundTrip: curve(atClient?.toServer.ackRoundTrips),
  };
  const result: SessionResult = {
    session: session.session,
    guest: session.guest,
    startedAt: session.startedAt,
    seconds,
    directions:
      atClient === null
        ? []
        : [direction('to server', atClient.toServer), direction('to client', atClient.toClient)],
    total: atClient === null ? null : totalOf(atClient, seconds),
    ackRoundTrip: atClient === null ? null : spread(atClient.toServer.ackRoundTrips),
    probe: {
      method: session.probe.method,
      sent: probes.length,
      lost: probes.length - answered.length,
      roundTrip: spreadOf(answered),
    },
    reader: session.reader,
    pages,
    pageLoad: spreadOf(pages.flatMap(({ loadSeconds }) => loadSeconds ?? [])),
    shownPages: shownPages(session.pageTimings),
    reset: session.reset,
    warmUpPages: pageLoads(session.warmUp ?? []),
    failedTransfers: failed,
    transferBitsPerSecond: rates.length === 0 ? null : medianSorted(rates.sort((a, b) => a - b)),
    resolutionSeconds: atClient?.resolutionSeconds ?? null,
    captures: session.captures,
    ...nodeLoad(session),
    captureCpuPercent: captureCost(session),
    guestOffloads: session.guestOffloads ?? null,
    link: session.link ?? null,
    notes,
    fault: session.fault ?? setBack,
  };
  return { result, curves };
}

function nodeLoad({ nodeCounters }: QosSession): Pick<SessionResult, 'nodeCpuPercent' | 'guestsCpuPercent'> {
  if (!nodeCounters) return { nodeCpuPercent: null, guestsCpuPercent: null };
  const { before, after } = nodeCounters;
  const shares = before.guests.map(({ vmid }) => guestCpuPercent(before, after, vmid, before.ticksPerSecond));
  const known = shares.filter((share) => share !== null);
  return {
    nodeCpuPercent: nodeCpuPercent(before, after, before),
    guestsCpuPercent:
      known.length < shares.length ? null : known.reduce((sum, share) => sum + share, 0) / before.cpus,
  };
}

function captureCost({ captures, startedAt, endedAt }: QosSession): number | null {
  const seconds = captures.map(({ cpuSeconds }) => cpuSeconds ?? null).filter((known) => known !== null);
  if (seconds.length < captures.length || seconds.length === 0) return null;
  return percent(
    seconds.reduce((sum, one) => sum + one, 0),
    endedAt - startedAt,
  );
}

function sessionSeconds(analysis: CaptureAnalysis | null): number | null {
  if (analysis === null) return null;
  const span = spanSeconds([analysis.toServer, analysis.toClient]) ?? 0;
  return span > 0 ? span : null;
}

function totalOf(analysis: CaptureAnalysis, seconds: number | null): SessionResult['total'] {
  const { toServer, toClient } = analysis;
  const bytes = toServer.wireBytes + toClient.wireBytes;
  return {
    capturedPackets: analysis.frames,
    capturedBytes: analysis.frameBytes,
    capturedSeconds: spanSeconds([analysis]),
    packets: toServer.packets + toClient.packets,
    bytes,
    throughputBitsPerSecond: seconds === null ? null : (bytes * 8) / seconds,
  };
}
