import * as Plot from '@observablehq/plot';
import type { SeriesFigure } from '../../analyse/compare/compare-series';
import { drawThemed, fromZero, ink } from './themed-frame';

/**
 * A figure over the runs of a series: median with interval of each, the interval of the first as a band. Filled = it differs from
 * the first.
 */
export function runsChart(
  { points }: SeriesFigure,
  options: {
    readonly title: string;
    readonly description: string;
    readonly unit: string;
    readonly factor: number;
    /** Month and day of each run. */
    readonly dates: readonly string[];
  },
): string {
  const { unit, factor, dates } = options;
  const [first] = points;
  const band = first?.values?.interval ?? null;
  const rows = points.flatMap(({ side, values, comparison }, index) =>
    values === null
      ? []
      : [
          {
            side,
            value: values.median / factor,
            low: (values.interval?.low ?? values.median) / factor,
            high: (values.interval?.high ?? values.median) / factor,
            colour: index === 0 ? ink.a : ink.b,
            fill: index === 0 ? ink.a : isApart(comparison?.verdict) ? ink.b : ink.page,
          },
        ],
  );
  return drawThemed(options, {
    height: 200,
    marginLeft: 52,
    marginRight: 14,
    marginBottom: 34,
    x: {
      ...{ type: 'point', padding: 0.5, domain: points.map(({ side }) => side), label: null },
      tickFormat: (side: string, index: number) => (points.length > 7 ? side : `${side}\n${dates[index]}`),
    },
    y: { label: unit === '' ? null : unit, grid: true, ...fromZero(rows), ticks: 5 },
    marks: [
      ...(band === null
        ? []
        : [
            Plot.rectY([band], {
              ...{ y1: band.low / factor, y2: band.high / factor, fill: ink.a, fillOpacity: 0.15 },
            }),
          ]),
      Plot.ruleY([0]),
      ...(first?.values
        ? [Plot.ruleY([first.values.median / factor], { stroke: ink.a, strokeDasharray: '4 3' })]
        : []),
      Plot.line(rows, { x: 'side', y: 'value', stroke: ink.soft, strokeOpacity: 0.6 }),
      Plot.ruleX(rows, {
        x: 'side',
        y1: 'low',
        y2: 'high',
        stroke: 'colour',
        strokeWidth: 5,
        strokeOpacity: 0.35,
      }),
      Plot.dot(rows, { x: 'side', y: 'value', r: 4.5, fill: 'fill', stroke: 'colour', strokeWidth: 1.8 }),
    ],
  });
}

function isApart(verdict: string | undefined): boolean {
  return verdict === 'differ' || verdict === 'undecided';
}
