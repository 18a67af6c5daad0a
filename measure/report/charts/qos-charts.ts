import type { ApplicationResult } from '../../analyse/sessions/applications';
import type { SessionCurves } from '../../analyse/sessions/qos';
import { g1010PageSeconds } from '../../analyse/sessions/tiphon-and-itu-classes';
import { curveShares, type QuantileCurve } from '../../analyse/statistics/quantile-curve';
import type { Distribution } from '../../analyse/statistics/statistics';
import type { Summary } from '../../analyse/summary';
import { paperApplication } from '../../study-2019/paper';
import type { Chart } from '../document/document';
import { labelled, type Scale, scales, timeScale } from '../document/format';
import { say } from '../language/messages';
import { applicationChart } from './application-chart';
import { type EcdfLine, ecdfChart } from './ecdf-chart';
import { pageChart } from './page-charts';

type PaperRow = NonNullable<ReturnType<typeof paperApplication>>;

/** The charts of scenario 2. */
export function qosCharts(summary: Summary, curves: readonly SessionCurves[]): Chart[] {
  return [...barCharts(summary), ...distributionCharts(summary, curves)];
}

/** Throughput, loss, delay and jitter, as the paper has them: one pair of bars per application. */
export function barCharts({ applications, label }: Summary): Chart[] {
  const words = say().charts;
  const bars = (
    id: string,
    key: string,
    title: string,
    caption: string,
    pick: (application: ApplicationResult) => Distribution | null,
    paper: (row: PaperRow) => number,
    scale: Scale,
  ): Chart => ({
    id,
    title: labelled(title, label),
    caption,
    figures: applications.map(({ guest }) => `${guest}/${key}`),
    svg: applicationChart(
      applications.map((application) => {
        const row = paperApplication(application.guest);
        return {
          application: application.guest,
          measured: pick(application),
          paper: row === undefined ? null : paper(row),
          absent: application.missingBecause === null ? words.unknown : words.notInstalled,
        };
      }),
      scale.unit,
      scale.factor,
    ),
  });
  /** A time in one unit for all bars of its chart. */
  const times = (
    id: string,
    key: string,
    title: string,
    caption: string,
    pick: (application: ApplicationResult) => Distribution | null,
    paper: (row: PaperRow) => number,
  ): Chart =>
    bars(
      id,
      key,
      title,
      caption,
      pick,
      paper,
      timeScale(Math.max(0, ...applications.map((application) => pick(application)?.max ?? 0))),
    );
  return [
    bars(
      'throughput',
      'throughputBitsPerSecond',
      words.throughput,
      words.throughputCaption,
      (application) => application.throughputBitsPerSecond,
      (row) => row.throughputBitsPerSecond / 1000,
      scales.kilobits,
    ),
    bars(
      'packet-loss',
      'lossPercent',
      words.loss,
      words.lossCaption,
      (application) => application.lossPercent,
      (row) => row.lossPercent,
      scales.percent,
    ),
    times(
      'delay',
      'oneWayDelayMs',
      words.delay,
      words.delayCaption,
      (application) => application.oneWayDelayMs,
      (row) => row.delayMs,
    ),
    times(
      'jitter',
      'jitterMs',
      words.jitter,
      words.jitterCaption,
      (application) => application.jitterMs,
      (row) => row.jitterMs,
    ),
  ];
}

const pageLimits = [
  { value: g1010PageSeconds.preferred, text: 'preferred below 2 s' },
  { value: g1010PageSeconds.acceptable, text: 'acceptable below 4 s' },
];

/** Distribution functions of what single pages and packets met, each session apart. */
function distributionCharts({ sessions, label }: Summary, curves: readonly SessionCurves[]): Chart[] {
  const pages = sessions.flatMap(({ guest, pages }) =>
    pages.flatMap(({ loadSeconds }) =>
      loadSeconds === null ? [] : [{ application: guest, seconds: loadSeconds }],
    ),
  );
  const pageLines = sessions.map(({ guest, session, pages }): EcdfLine => {
    const loads = pages.flatMap(({ loadSeconds }) => loadSeconds ?? []).sort((a, b) => a - b);
    return {
      application: guest,
      session,
      points: [0, ...loads].map((_, index) => ({
        value: loads[Math.max(0, index - 1)] ?? Number.NaN,
        share: index / loads.length,
      })),
    };
  });
  const line = (
    application: string,
    session: number,
    curve: QuantileCurve | null,
    dashed: boolean,
  ): EcdfLine[] =>
    curve === null
      ? []
      : [
          {
            application,
            session,
            dashed,
            points: curve.map((value, index) => ({ value, share: curveShares[index] as number })),
          },
        ];
  const delays = curves.flatMap(({ guest, session, oneWayDelay }) => [
    ...line(guest, session, oneWayDelay['to client'], false),
    ...line(guest, session, oneWayDelay['to server'], true),
  ]);
  const trips = curves.flatMap(({ guest, session, ackRoundTrip }) =>
    line(guest, session, ackRoundTrip, false),
  );
  const reading =
    'One line per session: the share of its samples, in %, that did not exceed the value below.';
  /** Milliseconds where some sample reaches one, else microseconds. */
  const inUnit = (lines: readonly EcdfLine[]) => {
    const { unit, factor } = lines.some(({ points }) => points.some(({ value }) => value >= 1e-3))
      ? scales.milliseconds
      : scales.microseconds;
    return { unit, factor: factor / 1000 };
  };
  const wide = true;
  return [
    ...(pages.length === 0
      ? []
      : [
          {
            id: 'page-load',
            title: labelled('Page load times', label),
            caption:
              'Thin mark: one page with all that it loads, from the intended start, of all sessions; thick black mark: their median. Dashed, where in sight: limits of ITU-T G.1010.',
            svg: pageChart(
              pages,
              pageLimits.map(({ value, text }) => ({ seconds: value, text })),
            ),
            wide,
          },
          {
            id: 'page-load-ecdf',
            title: labelled('Page load times, distribution function (ECDF)', label),
            caption: `${reading} A sample is a page.`,
            svg: ecdfChart(
              pageLines.filter(({ points }) => points.length > 1),
              { unit: 's', factor: 1, steps: true, limits: pageLimits },
            ),
            wide,
          },
        ]),
    ...(delays.length === 0
      ? []
      : [
          {
            id: 'delay-ecdf',
            title: labelled('One-way delay, distribution function (ECDF)', label),
            caption: `${reading} A sample is a packet; solid: to the client, dashed: to the server.`,
            svg: ecdfChart(delays, inUnit(delays)),
            wide,
          },
        ]),
    ...(trips.length === 0
      ? []
      : [
          {
            id: 'round-trip-ecdf',
            title: labelled('Round trip, client’s segment to ACK, distribution function (ECDF)', label),
            caption: `${reading} A sample is a segment of the client, acknowledged by the guest. A step at 40 ms is that of delayed acknowledgements, which the guest makes and not the network.`,
            svg: ecdfChart(trips, inUnit(trips)),
            wide,
          },
        ]),
  ];
}
