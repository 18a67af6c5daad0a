import * as Plot from '@observablehq/plot';
import type { Distribution } from '../../analyse/statistics/statistics';
import { repetitions } from './chart-frame';
import { drawThemed, fromZero, ink } from './themed-frame';

/** A figure of a level or an application in two runs; null = not measured. */
export interface SidesPoint {
  /** Number of the level, or name of the application. */
  readonly of: string;
  readonly values: readonly [a: Distribution | null, b: Distribution | null];
}

export interface SidesChartOptions {
  readonly title: string;
  readonly description: string;
  readonly sides: readonly [a: string, b: string];
  readonly xLabel: string | null;
  readonly unit: string;
  readonly factor: number;
  /** Whether what stands side by side is a row, so that its medians are joined by a line. */
  readonly joined: boolean;
}

/** Pixels by which the two runs stand apart. */
const shift = 11;

const looks = [
  { colour: ink.a, symbol: 'circle', dx: -shift },
  { colour: ink.b, symbol: 'triangle', dx: shift },
] as const;

/** Two runs on one axis: median with interval, and every repetition as a small mark beside it. */
export function sidesChart(points: readonly SidesPoint[], options: SidesChartOptions): string {
  const { sides, unit, factor, joined, xLabel } = options;
  const marks = looks.flatMap(({ colour, symbol, dx }, side) => {
    const known = points.flatMap(({ of, values }) => {
      const measured = values[side] ?? null;
      return measured === null ? [] : [{ of, measured }];
    });
    const medians = known.map(({ of, measured }) => ({
      of,
      value: measured.median / factor,
      low: (measured.interval?.low ?? measured.median) / factor,
      high: (measured.interval?.high ?? measured.median) / factor,
    }));
    const single = known.flatMap(({ of, measured }) =>
      repetitions(measured).map((value) => ({ of, value: value / factor })),
    );
    const outwards = Math.sign(dx);
    return [
      ...(joined ? [Plot.line(medians, { x: 'of', y: 'value', dx, stroke: colour, strokeWidth: 1.5 })] : []),
      Plot.ruleX(medians, {
        ...{ x: 'of', y1: 'low', y2: 'high', dx },
        ...{ stroke: colour, strokeWidth: 6, strokeOpacity: 0.3 },
      }),
      Plot.dot(single, {
        x: 'of',
        y: 'value',
        dx: dx + 7 * outwards,
        r: 1.7,
        fill: colour,
        fillOpacity: 0.7,
      }),
      Plot.dot(medians, { x: 'of', y: 'value', dx, symbol, r: 4.5, fill: colour, stroke: ink.page }),
      Plot.text(medians, {
        ...{ x: 'of', y: 'value', dx: dx + 14 * outwards, text: () => sides[side] ?? '' },
        ...{ fill: colour, fontWeight: 700, textAnchor: side === 0 ? 'end' : 'start' },
      }),
    ];
  });
  const all = points.flatMap(({ values }) =>
    values.flatMap((each) =>
      each === null
        ? []
        : [{ low: each.min / factor, high: Math.max(each.max, each.interval?.high ?? each.max) / factor }],
    ),
  );
  return drawThemed(options, {
    marginRight: 16,
    x: { type: 'point', padding: 0.5, domain: points.map(({ of }) => of), label: xLabel },
    y: { label: unit === '' ? null : unit, grid: true, ...fromZero(all), ticks: 6 },
    marks: [Plot.ruleY([0]), ...marks],
  });
}
