import type { ApplicationResult } from '../analyse/applications';
import { g1010PageSeconds } from '../analyse/quality-classes';
import type { Distribution } from '../analyse/statistics';
import type { Summary } from '../analyse/summary';
import { paperApplication } from '../paper';
import { applicationChart, pageChart } from './charts';
import type { Block, Chart, Section, Table } from './document';
import { distribution, labelled, missing, number, quantity, resolved, scales } from './format';

/** Scenario 2: what a client gets from each application. */
export function qosSection(summary: Summary): Section {
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
      { kind: 'charts', charts: charts(summary) },
      qualityTable(summary),
      timeTable(summary),
      ...(summary.applications.some(({ lossPercent }) => lossPercent?.median === 0)
        ? [zeroLoss(summary)]
        : []),
      classTable(summary),
      {
        kind: 'text',
        text: 'TIPHON’s table (ETSI TR 101 329) is about telephony; here it is used as in the paper’s field, a value on a limit taking the better class. Its best class wants a jitter of 0, which only a clock too coarse to see any can give. Its throughput row needs a reference rate and is given only where the lab shapes the clients’ link.',
      },
      sessionTable(summary),
    );
  }
  return { id: 'qos', title: 'Scenario 2: what clients get', blocks };
}

function charts(summary: Summary): Chart[] {
  const { applications, label } = summary;
  const bars = (
    pick: (application: ApplicationResult) => Distribution | null,
    paper: (row: NonNullable<ReturnType<typeof paperApplication>>) => number,
  ) =>
    applications.map((application) => {
      const row = paperApplication(application.guest);
      return {
        application: application.guest,
        measured: pick(application),
        paper: row === undefined ? null : paper(row),
        absent: application.missingBecause === null ? 'unknown' : 'not installed',
      };
    });
  const read = 'Filled: this run, with its 95 % interval and a dot per session; hollow, dashed: the paper.';
  const pages = summary.sessions.flatMap((session) =>
    session.pages.flatMap(({ loadSeconds }) =>
      loadSeconds === null ? [] : [{ application: session.guest, seconds: loadSeconds }],
    ),
  );
  return [
    {
      title: labelled('Throughput', label),
      caption: `Bytes on the wire, both directions, over the session’s time, think times included: offered load, not capacity. ${read}`,
      svg: applicationChart(
        bars(
          (application) => application.throughputBitsPerSecond,
          (row) => row.throughputBitsPerSecond / 1000,
        ),
        'kbit/s',
        1000,
      ),
    },
    {
      title: labelled('Packet loss', label),
      caption: `Packets seen at the sender’s end and not at the receiver’s. The paper’s 0 is stated, not measured at two ends. ${read}`,
      svg: applicationChart(
        bars(
          (application) => application.lossPercent,
          (row) => row.lossPercent,
        ),
        '%',
        1,
      ),
    },
    {
      title: labelled('Delay, one way', label),
      caption: `The slower direction’s median. The paper’s 0 is below the resolution of its method. ${read}`,
      svg: applicationChart(
        bars(
          (application) => application.oneWayDelayMs,
          (row) => row.delayMs,
        ),
        'ms',
        1,
      ),
    },
    {
      title: labelled('Jitter (RFC 3550)', label),
      caption: `The worse direction’s mean. The paper’s 0 is below the resolution of its method. ${read}`,
      svg: applicationChart(
        bars(
          (application) => application.jitterMs,
          (row) => row.jitterMs,
        ),
        'ms',
        1,
      ),
    },
    ...(pages.length === 0
      ? []
      : [
          {
            title: labelled('Page load times', label),
            caption:
              'Thin mark: one page with all that it loads, from the intended start; thick mark: median. Dashed: limits of ITU-T G.1010.',
            svg: pageChart(pages, [
              { seconds: g1010PageSeconds.preferred, text: 'preferred below 2 s' },
              { seconds: g1010PageSeconds.acceptable, text: 'acceptable below 4 s' },
            ]),
            wide: true,
          },
        ]),
  ];
}

function measuredApplications(summary: Summary): ApplicationResult[] {
  return summary.applications.filter((application) => application.sessions > 0);
}

/** A table with one column per application. */
function byApplication(
  summary: Summary,
  title: string,
  rows: readonly (readonly [string, (application: ApplicationResult) => string])[],
): Table {
  const applications = measuredApplications(summary);
  return {
    kind: 'table',
    title: labelled(title, summary.label),
    head: ['', ...applications.map(({ guest }) => guest)],
    rows: rows.map(([name, cell]) => [name, ...applications.map(cell)]),
  };
}

function qualityTable(summary: Summary): Table {
  return byApplication(summary, 'Network', [
    ['Throughput, both directions', (a) => distribution(a.throughputBitsPerSecond, scales.kilobits)],
    ['Goodput to the client', (a) => distribution(a.goodputBitsPerSecond, scales.kilobits)],
    ['Rate of single transfers', (a) => distribution(a.transferBitsPerSecond, scales.megabits)],
    [
      'Packet loss, both ends matched',
      (a) =>
        a.lossPercent === null
          ? `unknown: ${a.lossUnknownBecause}`
          : `${distribution(a.lossPercent, scales.percent)} (${number(a.packetsLost, 9)} of ${number(a.packetsFollowed, 9)} packets)`,
    ],
    ['One-way delay, median', (a) => resolved(a.oneWayDelayMs, scales.milliseconds, a.resolutionMs)],
    [
      'Delay variation (Y.1541: 0.999 quantile − minimum)',
      (a) => resolved(a.delayVariationMs, scales.milliseconds, a.resolutionMs),
    ],
    ['Jitter (RFC 3550), mean', (a) => resolved(a.jitterMs, scales.milliseconds, a.resolutionMs)],
    ['Jitter (RFC 3550), peak', (a) => resolved(a.peakJitterMs, scales.milliseconds, a.resolutionMs)],
    [
      'Round trip of client’s segment to ACK',
      (a) => resolved(a.ackRoundTripMs, scales.milliseconds, a.resolutionMs),
    ],
    [
      'Round trip of the active probe',
      (a) =>
        `${distribution(a.probeRoundTripMs, scales.milliseconds)}${a.probeMethod ? ` (${a.probeMethod})` : ''}`,
    ],
    ['Retransmissions (one end; not loss)', (a) => distribution(a.retransmissionPercent, scales.percent)],
  ]);
}

function timeTable(summary: Summary): Table {
  return byApplication(summary, 'Pages', [
    ['Page load time', (a) => distribution(a.pageLoadSeconds, scales.seconds)],
    ['Time to first byte', (a) => distribution(a.firstByteSeconds, scales.seconds)],
    ['Pages asked for, failed', (a) => `${number(a.pagesAsked, 9)}, ${number(a.pagesFailed, 9)}`],
  ]);
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

function classTable(summary: Summary): Table {
  return {
    kind: 'table',
    title: labelled('Classes', summary.label),
    head: ['Application', 'Standard', 'Quantity', 'Median', 'Verdict'],
    rows: measuredApplications(summary).flatMap(({ guest, verdicts }) =>
      verdicts.map((verdict) => [
        guest,
        verdict.standard,
        verdict.quantity,
        quantity(verdict.value, verdict.unit),
        `${verdict.verdict}${verdict.crosses ? ' (the interval crosses a limit)' : ''}`,
      ]),
    ),
  };
}

function sessionTable(summary: Summary): Table {
  return {
    kind: 'table',
    title: labelled('Sessions in the order made', summary.label),
    head: [
      'Session',
      'Application',
      'Time',
      'Packets',
      'Throughput',
      'Loss to server / to client',
      'Failed transfers',
      'Remarks',
    ],
    rows: summary.sessions.map((session) => [
      String(session.session),
      session.guest,
      quantity(session.seconds, 's'),
      session.total === null ? missing : number(session.total.packets, 9),
      quantity(kilobits(session.total?.throughputBitsPerSecond), 'kbit/s'),
      session.directions
        .map(({ loss }) => (loss?.percent == null ? 'unknown' : quantity(loss.percent, '%')))
        .join(' / ') || missing,
      String(session.failedTransfers),
      [...session.notes, session.fault ?? ''].filter(Boolean).join('; ') || '—',
    ]),
    detail: true,
  };
}

function kilobits(rate: number | null | undefined): number | null {
  return rate === null || rate === undefined ? null : rate / 1000;
}
