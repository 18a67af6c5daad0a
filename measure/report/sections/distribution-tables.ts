import type { Spread } from '../../analyse/statistics/spread';
import type { Distribution } from '../../analyse/statistics/statistics';
import type { Summary } from '../../analyse/summary';
import type { Table } from '../document/document';
import { labelled, missing, number, type Scale, scales, timeScale } from '../document/format';

/** One row of a table over repetitions. */
interface Repeated {
  readonly of: Distribution | null;
  readonly scale: Scale;
  readonly cells: readonly [group: string, quantity: string];
}

/** Below this, quartiles would be drawn between neighbours. */
const fewestForQuartiles = 5;

function overRepetitions(title: string, group: string, rows: readonly Repeated[]): Table[] {
  const several = rows.filter(({ of }) => of !== null && of.n > 1);
  if (several.length === 0) return [];
  return [
    {
      kind: 'table',
      title,
      head: [
        group,
        'Quantity',
        'n',
        'Smallest',
        'Lower quartile',
        'Median',
        'Upper quartile',
        'Largest',
        'Unit',
        'Lag-1 correlation',
        'Runs test, p',
      ],
      rows: several.map(({ of, scale, cells }) => {
        const figure = (value: number | undefined): string =>
          value === undefined ? missing : number(value / scale.factor, 4);
        const quartile = (value: number | undefined): string =>
          of !== null && of.n < fewestForQuartiles ? '—' : figure(value);
        return [
          ...cells,
          String(of?.n),
          figure(of?.min),
          quartile(of?.lowerQuartile),
          figure(of?.median),
          quartile(of?.upperQuartile),
          figure(of?.max),
          scale.unit,
          of?.dependence ? number(of.dependence.lag1) : '—',
          of?.dependence ? number(of.dependence.runsPValue) : '—',
        ];
      }),
      detail: true,
    },
  ];
}

/** Behind the charts of scenario 1. */
export function levelDistributions({ resources, label }: Summary): Table[] {
  return overRepetitions(
    labelled('Distributions over visits', label),
    'Running guests',
    resources.levels.flatMap((level) => {
      const row = (quantity: string, of: Distribution | null, scale: Scale): Repeated => ({
        of,
        scale,
        cells: [String(level.level), quantity],
      });
      return [
        row('memory used', level.memoryUsedBytes, scales.gibibytes),
        row('CPU, of all', level.cpuPercent, scales.percent),
        row('load, 1 min', level.loadAverage[0], { unit: 'tasks', factor: 1 }),
      ];
    }),
  );
}

/** Behind the bars of scenario 2. */
export function applicationDistributions({ applications, label }: Summary): Table[] {
  return overRepetitions(
    labelled('Distributions over sessions', label),
    'Application',
    applications.flatMap((application) => {
      const row = (quantity: string, of: Distribution | null, scale: Scale): Repeated => ({
        of,
        scale,
        cells: [application.guest, quantity],
      });
      const time = (quantity: string, of: Distribution | null): Repeated =>
        row(quantity, of, timeScale(of?.median ?? 0));
      return [
        row('page load', application.pageLoadSeconds, scales.seconds),
        row('throughput', application.throughputBitsPerSecond, scales.kilobits),
        row('packet loss', application.lossPercent, scales.percent),
        time('delay, one way', application.oneWayDelayMs),
        time('jitter, mean', application.jitterMs),
        time('round trip to ACK', application.ackRoundTripMs),
      ];
    }),
  );
}

/** Behind the distribution functions: quantiles of each session's pages, packets and segments. */
export function sessionQuantiles({ sessions, label }: Summary): Table {
  const row = (session: string, quantity: string, spread: Spread | null): string[][] => {
    if (spread === null) return [];
    const scale = timeScale(spread.median * 1000);
    const figure = (seconds: number): string => number((seconds * 1000) / scale.factor);
    /** A quantile beyond the last sample but one would be that last one. */
    const among = (seconds: number, fewest: number): string =>
      spread.samples < fewest ? '—' : figure(seconds);
    return [
      [
        session,
        quantity,
        number(spread.samples, 9),
        figure(spread.min),
        figure(spread.median),
        among(spread.p95, 20),
        among(spread.p999, 1000),
        figure(spread.max),
        scale.unit,
      ],
    ];
  };
  return {
    kind: 'table',
    title: labelled('Distributions within each session', label),
    head: ['Session', 'Quantity', 'Samples', 'Smallest', 'Median', '95 %', '99.9 %', 'Largest', 'Unit'],
    rows: sessions.flatMap((session) => {
      const name = `${session.session} ${session.guest}`;
      return [
        ...row(name, 'page load', session.pageLoad),
        ...session.directions.flatMap(({ direction, oneWayDelay }) =>
          row(name, `one-way delay, ${direction}`, oneWayDelay),
        ),
        ...row(name, 'round trip to ACK', session.ackRoundTrip),
        ...row(name, 'round trip of the probe', session.probe.roundTrip),
      ];
    }),
    detail: true,
  };
}
