import type { ApplicationResult } from '../../analyse/sessions/applications';
import type { SessionCurves } from '../../analyse/sessions/qos';
import type { Distribution } from '../../analyse/statistics/statistics';
import type { Summary } from '../../analyse/summary';
import { qosCharts } from '../charts/qos-charts';
import { type Block, type Cell, figure, type Section, type Table } from '../document/document';
import {
  delayOf,
  distribution,
  labelled,
  milliseconds,
  number,
  plural,
  quantity,
  repeated,
  scales,
} from '../document/format';
import { applicationDistributions, sessionQuantiles } from './distribution-tables';
import { captureTable, sessionTable } from './session-tables';

/** Scenario 2: what a client gets from each application. */
export function qosSection(summary: Summary, curves: readonly SessionCurves[]): Section {
  const blocks: Block[] = summary.applications
    .filter((application) => application.missingBecause !== null)
    .map((application) => ({
      kind: 'notice',
      text: `${application.guest} took no part: its application is not installed (${application.missingBecause}). Nothing stands in for it; its guest counts in scenario 1 only.`,
    }));
  if (summary.sessions.length === 0) {
    blocks.push({ kind: 'notice', text: 'Scenario 2 was not measured in this run.' });
  } else {
    blocks.push(
      {
        kind: 'text',
        detail: true,
        text: 'In the charts: filled = this run, with the interval of its median (how often it covers is in the tables) and a dot per session; hollow, dashed = the paper. All sessions of an application read the same deployment of it.',
      },
      {
        kind: 'text',
        text: 'Both captures are taken on the node, at the client’s interface and at the guest’s tap: one-way delay and jitter are those of the virtual network between them (bridges and routing), without wire, guest or application. The round trips in the table include the guest.',
      },
      ...fullNode(summary),
      { kind: 'charts', charts: qosCharts(summary, curves) },
      qualityTable(summary),
      timeTable(summary),
      ...shownPages(summary),
      ...applicationDistributions(summary),
      sessionQuantiles(summary),
      ...(summary.applications.some(({ lossPercent }) => lossPercent?.median === 0)
        ? [zeroLoss(summary)]
        : []),
      classTable(summary),
      {
        kind: 'text',
        text: 'TIPHON’s table (ETSI TR 101 329) is about telephony; here it is used as in the paper’s field, a value on a limit taking the better class. Its best class wants a jitter of 0, which only a clock too coarse to see any can give; jitter is the peak here, as the table has it, and delay the median of the slower direction. Its throughput row needs a reference rate: it is given only where the lab shapes the clients’ link, as the rate of single transfers in % of the link’s. A class is that of the median; where its interval crosses a limit this is said, and without an interval (n below 3) it is not known whether another session would fall into the same class.',
      },
      sessionTable(summary),
      captureTable(summary),
    );
  }
  return { id: 'qos', title: 'Scenario 2: what clients get', blocks };
}

/** Above it, pages wait for the CPUs of the node; a convention of this report. */
export const fullNodePercent = 90;

/** Sessions whose node's CPU is known, and those of them in which it was full. */
export function fullSessions({ sessions }: Summary) {
  const known = sessions.filter(({ nodeCpuPercent }) => nodeCpuPercent !== null);
  return { known, full: known.filter(({ nodeCpuPercent }) => (nodeCpuPercent ?? 0) > fullNodePercent) };
}

function fullNode(summary: Summary): Block[] {
  const { known, full } = fullSessions(summary);
  if (full.length === 0) return [];
  return [
    {
      kind: 'notice',
      text: `In ${full.length} of ${plural(known.length, 'session')} the node’s CPUs were busy for over ${fullNodePercent} % of the time (with guests, readers, captures or other programs): page load times are those of a node at its limit, and sessions may differ by what else ran.`,
    },
  ];
}

function measuredApplications(summary: Summary): ApplicationResult[] {
  return summary.applications.filter((application) => application.sessions > 0);
}

/** A table with one column per application. */
function byApplication(
  summary: Summary,
  title: string,
  rows: readonly (readonly [string, (application: ApplicationResult) => string, key?: string])[],
): Table {
  const applications = measuredApplications(summary);
  return {
    kind: 'table',
    title: labelled(title, summary.label),
    head: ['', ...applications.map(({ guest, sessions }) => `${guest} (${repeated(sessions)})`)],
    rows: rows.map(([name, cell, key]) => [
      name,
      ...applications.map((application): Cell => {
        const text = cell(application);
        return key === undefined ? text : figure(`${application.guest}/${key}`, text);
      }),
    ]),
  };
}

function qualityTable(summary: Summary): Table {
  const time =
    (key: Parameters<typeof delayOf>[1]) =>
    (a: ApplicationResult): string =>
      delayOf(a, key, a.sessions);
  const rate =
    (
      pick: (application: ApplicationResult) => Distribution | null,
      scale: (typeof scales)['kilobits' | 'megabits'],
    ) =>
    (a: ApplicationResult): string =>
      distribution(pick(a), scale, a.sessions);
  return byApplication(summary, 'Network', [
    [
      'Throughput, both directions: offered load, think times included',
      rate((a) => a.throughputBitsPerSecond, scales.kilobits),
      'throughputBitsPerSecond',
    ],
    ['Goodput to the client', rate((a) => a.goodputBitsPerSecond, scales.kilobits), 'goodputBitsPerSecond'],
    [
      'Rate of single transfers of 16 KiB or more, first byte to last',
      rate((a) => a.transferBitsPerSecond, scales.megabits),
      'transferBitsPerSecond',
    ],
    [
      'Packet loss, both ends matched',
      (a) =>
        a.lossPercent === null
          ? `unknown: ${a.lossUnknownBecause}`
          : `${distribution(a.lossPercent, scales.percent, a.sessions)} (${number(a.packetsLost, 9)} of ${number(a.packetsFollowed, 9)} packets)`,
      'lossPercent',
    ],
    ['One-way delay, median', time('oneWayDelayMs'), 'oneWayDelayMs'],
    ['One-way delay, smallest of all packets', (a) => milliseconds(a.smallestDelayMs), 'smallestDelayMs'],
    [
      'Delay variation (Y.1541: 0.999 quantile − minimum; below 1,000 packets, largest − minimum)',
      time('delayVariationMs'),
      'delayVariationMs',
    ],
    ['Jitter (RFC 3550), mean', time('jitterMs'), 'jitterMs'],
    ['Jitter (RFC 3550), peak', time('peakJitterMs'), 'peakJitterMs'],
    ['Round trip of client’s segment to ACK, guest included', time('ackRoundTripMs'), 'ackRoundTripMs'],
    [
      `Round trip of the active probe, guest included${probeMethod(summary)}`,
      (a) => distribution(a.probeRoundTripMs, scales.milliseconds, a.sessions),
      'probeRoundTripMs',
    ],
    [
      'Retransmissions (one end; not loss)',
      (a) => distribution(a.retransmissionPercent, scales.percent, a.sessions),
      'retransmissionPercent',
    ],
  ]);
}

function probeMethod({ applications }: Summary): string {
  const methods = [...new Set(applications.flatMap(({ probeMethod }) => probeMethod ?? []))];
  return methods.length === 0 ? '' : `: ${methods.join('; ')}`;
}

function timeTable(summary: Summary): Table {
  return byApplication(summary, 'Pages', [
    [
      'Page load time, median of a session',
      (a) => distribution(a.pageLoadSeconds, scales.seconds, a.sessions),
      'pageLoadSeconds',
    ],
    [
      'Time to first byte, median of a session',
      (a) => distribution(a.firstByteSeconds, scales.seconds, a.sessions),
      'firstByteSeconds',
    ],
    ['Slowest page', (a) => quantity(a.slowestPageSeconds, 's'), 'slowestPageSeconds'],
    [
      'Pages below 2 s, from 2 to below 4 s, later, failed',
      (a) => `${a.pagesByClass.join(', ')}, ${a.pagesFailed} of ${a.pagesAsked}`,
    ],
    [
      'Slowest page of the warm-up (first visit, in no other figure)',
      (a) => (a.warmUpSlowestSeconds === null ? 'no warm-up' : quantity(a.warmUpSlowestSeconds, 's')),
      'warmUpSlowestSeconds',
    ],
  ]);
}

/** What only a browser can tell, with what it costs; nothing where a script read. */
function shownPages(summary: Summary): Block[] {
  const { reader, plan } = summary.plan;
  if (reader !== 'browser' || plan.qos === undefined) return [];
  const time =
    (pick: (application: ApplicationResult) => Distribution | null) =>
    (a: ApplicationResult): string =>
      distribution(pick(a), scales.seconds, a.sessions);
  return [
    byApplication(summary, 'Pages as a person sees them (browser), medians of a session', [
      [
        'First contentful paint: something is there',
        time((a) => a.firstContentfulPaintSeconds),
        'firstContentfulPaintSeconds',
      ],
      [
        'Largest contentful paint: the main thing is there',
        time((a) => a.largestContentfulPaintSeconds),
        'largestContentfulPaintSeconds',
      ],
      [
        'DOMContentLoaded: the page is parsed',
        time((a) => a.domContentLoadedSeconds),
        'domContentLoadedSeconds',
      ],
      ['Load event: all that it asked for is there', time((a) => a.loadEventSeconds), 'loadEventSeconds'],
    ]),
    {
      kind: 'text',
      text: `All times run from the intended start. The browsers of ${plural(plan.qos.clients, 'client')} ran on the node at once and shared its CPUs with the guests: their own work is in these times, and it takes CPU from the guests that answer.`,
    },
  ];
}

/** None seen among n says less than none: with 95 % confidence the rate is below 3/n (Hanley and Lippman-Hand, JAMA 1983). */
function zeroLoss(summary: Summary): Block {
  const text = summary.applications
    .filter(({ packetsLost, packetsFollowed }) => packetsLost === 0 && packetsFollowed > 0)
    .map(({ guest, packetsFollowed }) => `${guest} below ${quantity(300 / packetsFollowed, '%', 2)}`)
    .join(', ');
  return {
    kind: 'text',
    text: `No packet lost of n followed does not make the rate 0: were packets lost independently, it would be, with 95 % confidence, ${text} (3/n).`,
  };
}

/** Every application has the same rows; TIPHON's throughput only where all links are shaped alike. */
function classTable(summary: Summary): Table {
  const [first] = measuredApplications(summary);
  return byApplication(
    summary,
    'Classes of the median',
    (first?.verdicts ?? []).map(({ standard, quantity: name }, index) => [
      `${standard}, ${name}`,
      ({ verdicts }) => {
        const verdict = verdicts[index];
        if (verdict === undefined || verdict.value === null) return 'unknown';
        const value =
          verdict.unit === 'ms' ? milliseconds(verdict.value) : quantity(verdict.value, verdict.unit);
        return `${verdict.verdict}: ${value}${verdict.crosses ? ' (the interval crosses a limit)' : ''}`;
      },
    ]),
  );
}
