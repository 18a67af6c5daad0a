import type { ApplicationResult } from '../analyse/applications';
import { g1010PageSeconds } from '../analyse/quality-classes';
import type { Distribution } from '../analyse/statistics';
import type { Summary } from '../analyse/summary';
import { paperApplication } from '../paper';
import { applicationChart, pageChart } from './charts';
import type { Chart } from './document';
import { labelled, timeScale } from './format';

/** The charts of scenario 2. */
export function qosCharts(summary: Summary): Chart[] {
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
  /** One unit for all bars of a chart. */
  const timesOf = (pick: (application: ApplicationResult) => Distribution | null) =>
    timeScale(Math.max(0, ...applications.map((application) => pick(application)?.max ?? 0)));
  const delays = timesOf((application) => application.oneWayDelayMs);
  const jitters = timesOf((application) => application.jitterMs);
  const pages = summary.sessions.flatMap((session) =>
    session.pages.flatMap(({ loadSeconds }) =>
      loadSeconds === null ? [] : [{ application: session.guest, seconds: loadSeconds }],
    ),
  );
  return [
    {
      title: labelled('Throughput', label),
      caption: `Bytes on the wire, both directions, over the session’s time, think times included: offered load, not capacity.`,
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
      caption: `Packets seen at the sender’s end and not at the receiver’s. The paper’s 0 is stated, not measured at two ends.`,
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
      caption: `The slower direction’s median. The paper’s 0 is below the resolution of its method.`,
      svg: applicationChart(
        bars(
          (application) => application.oneWayDelayMs,
          (row) => row.delayMs,
        ),
        delays.unit,
        delays.factor,
      ),
    },
    {
      title: labelled('Jitter (RFC 3550)', label),
      caption: `The worse direction’s mean. The paper’s 0 is below the resolution of its method.`,
      svg: applicationChart(
        bars(
          (application) => application.jitterMs,
          (row) => row.jitterMs,
        ),
        jitters.unit,
        jitters.factor,
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
