import type { QosSession, RunPlan } from '../../run/raw-data';
import { applicationFigures } from '../figures/application-figures';
import type { Figure } from '../figures/figure';
import { overRepetitions } from '../figures/over-repetitions';
import { figureSamples, partSamples, type Sample } from '../figures/sample';
import { wholeSessionFigures } from '../figures/session-figures';
import {
  directionFigures,
  pageFigures,
  probeFigures,
  shownPageFigures,
  warmUpPageFigures,
} from '../figures/session-part-figures';
import { mostRepetitions } from '../statistics/precision';
import { type Distribution, describe } from '../statistics/statistics';
import type { PageLoad, ShownPage } from './page-load';
import type { SessionResult } from './qos';
import { limitVerdict, pageVerdict, tiphonVerdict, type Verdict, y1541 } from './tiphon-and-itu-classes';

/** An application over its sessions: the session is the unit of repetition, and each gives one value (mostly a median). */
export interface ApplicationResult {
  readonly guest: string;
  readonly role: string;
  /** Why there are no sessions; null = the application is there. */
  readonly missingBecause: string | null;
  readonly plannedSessions: number;
  readonly sessions: number;
  /** Both directions, bytes on the wire over the session's time: think times included, so an offered load. */
  readonly throughputBitsPerSecond: Distribution | null;
  /** Payload to the client, each byte once. */
  readonly goodputBitsPerSecond: Distribution | null;
  /** Single transfers of 16 KiB or more, first byte to last. */
  readonly transferBitsPerSecond: Distribution | null;
  /** Both directions together; null = unknown for every session. */
  readonly lossPercent: Distribution | null;
  readonly lossUnknownBecause: string | null;
  readonly packetsFollowed: number;
  readonly packetsLost: number;
  /** One way, the slower direction's median. */
  readonly oneWayDelayMs: Distribution | null;
  /** The slower direction's mean, as Y.1541 wants it. */
  readonly meanDelayMs: Distribution | null;
  /** Quantile 0.999 less minimum of the one-way delay, the worse direction. */
  readonly delayVariationMs: Distribution | null;
  readonly ackRoundTripMs: Distribution | null;
  readonly probeRoundTripMs: Distribution | null;
  readonly probeMethod: string | null;
  /** RFC 3550, the worse direction: mean over the session, and peak. */
  readonly jitterMs: Distribution | null;
  readonly peakJitterMs: Distribution | null;
  readonly pageLoadSeconds: Distribution | null;
  readonly firstByteSeconds: Distribution | null;
  readonly slowestPageSeconds: number | null;
  /** As browsers showed the pages, from the intended start; null = no browser read. */
  readonly firstContentfulPaintSeconds: Distribution | null;
  readonly largestContentfulPaintSeconds: Distribution | null;
  readonly domContentLoadedSeconds: Distribution | null;
  readonly loadEventSeconds: Distribution | null;
  readonly pagesFailed: number;
  readonly pagesAsked: number;
  /** Pages that came below G.1010's 2 s, from 2 to below 4 s, and later. */
  readonly pagesByClass: readonly [number, number, number];
  /** Slowest page of the warm-ups, seconds: what a first visitor after a boot waits; null = there was none. */
  readonly warmUpSlowestSeconds: number | null;
  readonly retransmissionPercent: Distribution | null;
  /** Smallest one-way delay seen in either direction: the floor of what the instrument can tell. */
  readonly smallestDelayMs: number | null;
  /** The first session's counts, as the paper's table has them. */
  readonly paperTable: {
    readonly capturedPackets: number;
    readonly displayedPackets: number;
    readonly capturedSeconds: number | null;
    readonly displayedSeconds: number | null;
    readonly capturedBytes: number;
    readonly displayedBytes: number;
  } | null;
  /** Step of the clock that stamped the packets, ms. */
  readonly resolutionMs: number | null;
  /** Rate of the link where the lab shapes it, bit/s: the denominator of TIPHON's throughput row. */
  readonly referenceBitsPerSecond: number | null;
  readonly verdicts: readonly Verdict[];
}

const milliseconds = (seconds: number | null | undefined): number | null =>
  seconds === null || seconds === undefined ? null : seconds * 1000;

export function analyseApplications(
  plan: RunPlan,
  all: readonly SessionResult[],
  figures: readonly Figure<SessionResult>[] = applicationFigures,
): ApplicationResult[] {
  if (!plan.scenarios.includes('qos')) return [];
  return plan.lab.guests.map((guest) => {
    const sessions = all.filter((session) => session.guest === guest.name);
    const missing = plan.missingApplications.find((candidate) => candidate.guest === guest.name);
    return analyseApplication(guest, missing?.reason ?? null, sessions, plan, figures);
  });
}

function analyseApplication(
  guest: RunPlan['lab']['guests'][number],
  missingBecause: string | null,
  sessions: readonly SessionResult[],
  plan: RunPlan,
  figures: readonly Figure<SessionResult>[],
): ApplicationResult {
  const most = mostRepetitions(plan, 'qos');
  const { median, count, sum, beyond } = overRepetitions(figures, sessions, {
    most,
    numberOf: ({ session }) => session,
  });
  const losses = sessions.flatMap((session) => session.directions.flatMap(({ loss }) => loss ?? []));
  const lossPercent = median('lossPercent');
  const oneWay = median('oneWayDelayMs');
  const meanDelay = median('meanDelayMs');
  const variation = median('delayVariationMs');
  const peakJitter = median('peakJitterMs');
  const load = median('pageLoadSeconds');
  const reference = plan.lab.networks.clients.rateBitsPerSecond ?? null;
  const transfer = median('transferBitsPerSecond');
  const relative =
    transfer === null || reference === null
      ? null
      : describe(
          transfer.values.map((rate) => (100 * rate) / reference),
          { repetitions: transfer.repetitions, most },
        );
  const first = sessions.find((session) => session.total !== null);

  const known: ApplicationResult = {
    guest: guest.name,
    role: guest.role,
    missingBecause,
    plannedSessions: plan.sessionOrder.filter((name) => name === guest.name).length,
    sessions: sessions.length,
    throughputBitsPerSecond: median('throughputBitsPerSecond'),
    goodputBitsPerSecond: median('goodputBitsPerSecond'),
    transferBitsPerSecond: transfer,
    lossPercent,
    lossUnknownBecause:
      lossPercent === null
        ? (losses.find((loss) => loss.unknownBecause !== null)?.unknownBecause ??
          'there is no pair of captures')
        : null,
    packetsFollowed: sum('packetsFollowed'),
    packetsLost: sum('packetsLost'),
    oneWayDelayMs: oneWay,
    meanDelayMs: meanDelay,
    delayVariationMs: variation,
    ackRoundTripMs: median('ackRoundTripMs'),
    probeRoundTripMs: median('probeRoundTripMs'),
    probeMethod: sessions[0]?.probe.method ?? null,
    jitterMs: median('jitterMs'),
    peakJitterMs: peakJitter,
    pageLoadSeconds: load,
    firstByteSeconds: median('firstByteSeconds'),
    slowestPageSeconds: count('slowestPageSeconds'),
    firstContentfulPaintSeconds: median('firstContentfulPaintSeconds'),
    largestContentfulPaintSeconds: median('largestContentfulPaintSeconds'),
    domContentLoadedSeconds: median('domContentLoadedSeconds'),
    loadEventSeconds: median('loadEventSeconds'),
    pagesByClass: [sum('pagesByClass 0'), sum('pagesByClass 1'), sum('pagesByClass 2')],
    warmUpSlowestSeconds: count('warmUpSlowestSeconds'),
    pagesFailed: sum('pagesFailed'),
    pagesAsked: sum('pagesAsked'),
    retransmissionPercent: median('retransmissionPercent'),
    smallestDelayMs: count('smallestDelayMs'),
    paperTable: first?.total
      ? {
          capturedPackets: first.total.capturedPackets,
          displayedPackets: first.total.packets,
          capturedSeconds: first.total.capturedSeconds,
          displayedSeconds: first.seconds,
          capturedBytes: first.total.capturedBytes,
          displayedBytes: first.total.bytes,
        }
      : null,
    resolutionMs: milliseconds(first?.resolutionSeconds),
    referenceBitsPerSecond: reference,
    verdicts: [
      tiphonVerdict('delay', oneWay),
      tiphonVerdict('jitter', peakJitter),
      tiphonVerdict('loss', lossPercent),
      ...(reference === null ? [] : [tiphonVerdict('throughput', relative)]),
      ...y1541.flatMap((limits) => [
        limitVerdict(limits.name, 'mean delay', 'ms', meanDelay, limits.delayMs),
        limitVerdict(limits.name, 'delay variation', 'ms', variation, limits.variationMs),
        limitVerdict(limits.name, 'loss', '%', lossPercent, limits.lossPercent),
      ]),
      pageVerdict(load),
    ],
  };
  return { ...known, ...beyond(known) };
}

/** Everything known of the sessions in long form: per direction, per page and per probe. */
export function qosSamples(
  sessions: readonly SessionResult[],
  raw: readonly QosSession[],
  figures: readonly Figure<SessionResult>[] = applicationFigures,
): Sample[] {
  return sessions.flatMap((session) => {
    const row = (part: string, metric: string, value: number | null, unit: string, time: number): Sample => ({
      scenario: 'qos',
      group: session.guest,
      repetition: session.session,
      part,
      metric,
      value,
      unit,
      time,
    });
    const at = session.startedAt;
    const probes =
      raw.find((candidate) => candidate.session === session.session)?.probe.roundTripSeconds ?? [];
    const of = (part: string, time: number) => (metric: string, value: number | null, unit: string) =>
      row(part, metric, value, unit, time);
    const pageOf = ({ client, page, intendedAt }: PageLoad | ShownPage) =>
      of(`${client} page ${page}`, intendedAt);
    return [
      ...figureSamples(wholeSessionFigures, session, of('', at)),
      ...figureSamples(figures, session, of('', at)),
      ...session.directions.flatMap((each) => partSamples(directionFigures, each, of(each.direction, at))),
      ...probes.flatMap((each, index) => partSamples(probeFigures, each, of(`probe ${index + 1}`, at))),
      ...session.warmUpPages.flatMap((page) =>
        partSamples(warmUpPageFigures, page, of(`warm-up page ${page.page}`, page.intendedAt)),
      ),
      ...session.shownPages.flatMap((page) => partSamples(shownPageFigures, page, pageOf(page))),
      ...session.pages.flatMap((page) => partSamples(pageFigures, page, pageOf(page))),
    ];
  });
}
