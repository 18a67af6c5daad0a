import * as Plot from '@observablehq/plot';
import { number } from '../document/format';
import { say } from '../language/messages';
import { blank, draw, ours, soft, theirs } from './chart-frame';
import { ticksOf } from './ecdf-chart';

/** One step of a ladder. */
export interface LoadPoint {
  readonly offeredPerSecond: number;
  readonly keptUp: boolean;
  readonly answeredPerSecond: number;
  /** Null = so few good answers that it is not known. */
  readonly medianSeconds: number | null;
  readonly p95Seconds: number | null;
}

/** Answered against offered rate, both logarithmic; on the dashed diagonal everything is answered as fast as it is asked. */
export function answeredChart(points: readonly LoadPoint[]): string {
  const rows = points
    .filter(({ answeredPerSecond }) => answeredPerSecond > 0)
    .map(({ offeredPerSecond, answeredPerSecond, keptUp }) => ({
      offered: offeredPerSecond,
      value: answeredPerSecond,
      fill: keptUp ? ours : blank,
    }));
  const rates = points.map(({ offeredPerSecond }) => offeredPerSecond);
  const [least, most] = spanOf(rates);
  return draw({
    marginRight: 20,
    x: logarithmic(rates, say().charts.offeredAxis),
    y: logarithmic([...rates, ...rows.map(({ value }) => value)], say().charts.answeredAxis),
    marks: [
      Plot.line(
        [
          [least, least],
          [most, most],
        ],
        { stroke: soft, strokeDasharray: '5 4' },
      ),
      ...medianLine(rows, { stroke: ours }),
      Plot.dot(rows, { x: 'offered', y: 'value', r: 4, fill: 'fill', stroke: ours, strokeWidth: 1.8 }),
    ],
  });
}

/** Median and 95th percentile of the latency against the offered rate, all logarithmic, with the limit that the plan sets. */
export function latencyChart(points: readonly LoadPoint[], limitSeconds: number): string {
  const of = (pick: (point: LoadPoint) => number | null, colour: string) =>
    points.flatMap((point) => {
      const value = pick(point);
      return value === null || value <= 0
        ? []
        : [{ offered: point.offeredPerSecond, value, fill: point.keptUp ? colour : blank }];
    });
  const medians = of(({ medianSeconds }) => medianSeconds, ours);
  const tails = of(({ p95Seconds }) => p95Seconds, theirs);
  const rates = points.map(({ offeredPerSecond }) => offeredPerSecond);
  const times = [...medians, ...tails].map(({ value }) => value);
  return draw({
    marginRight: 20,
    x: logarithmic(rates, say().charts.offeredAxis),
    y: logarithmic([...times, limitSeconds], say().charts.latencyAxis),
    marks: [
      Plot.ruleY([limitSeconds], { strokeDasharray: '2 3' }),
      Plot.text([say().charts.latencyLimit(number(limitSeconds))], {
        y: limitSeconds,
        text: (text: string) => text,
        frameAnchor: 'left',
        textAnchor: 'start',
        dx: 4,
        dy: -7,
      }),
      ...medianLine(medians, { stroke: ours }),
      ...medianLine(tails, { stroke: theirs, strokeDasharray: '5 3' }),
      Plot.dot(medians, { x: 'offered', y: 'value', r: 4, fill: 'fill', stroke: ours, strokeWidth: 1.8 }),
      Plot.dot(tails, {
        x: 'offered',
        y: 'value',
        r: 4.5,
        symbol: 'triangle',
        fill: 'fill',
        stroke: theirs,
        strokeWidth: 1.8,
      }),
    ],
  });
}

interface Row {
  readonly offered: number;
  readonly value: number;
}

/** Through the medians of the ladders at each rate. */
function medianLine(rows: readonly Row[], style: Plot.LineOptions): Plot.Markish[] {
  const sorted = [...rows].sort((a, b) => a.offered - b.offered);
  return [
    Plot.line(sorted, Plot.groupX({ y: 'median' }, { x: 'offered', y: 'value', strokeWidth: 1.6, ...style })),
  ];
}

function logarithmic(values: readonly number[], label: string): Plot.ScaleOptions {
  const [least, most] = spanOf(values);
  return {
    type: 'log',
    label,
    grid: true,
    domain: [least, most],
    ticks: ticksOf(least, most),
    tickFormat: String,
  };
}

/** A little more than the values span, so that no mark is cut. */
function spanOf(values: readonly number[]): readonly [least: number, most: number] {
  return [Math.min(...values) / 1.25, Math.max(...values) * 1.25];
}
