import * as Plot from '@observablehq/plot';
import { band, draw, ours, theirs } from './chart-frame';

/** A session's distribution function, as steps or as points that are joined. */
export interface EcdfLine {
  readonly application: string;
  readonly session: number;
  /** Dashed beside lines that are not. */
  readonly dashed?: boolean;
  /** From the smallest value to the largest, with the share of the samples that do not exceed it, 0 to 1. */
  readonly points: readonly { readonly value: number; readonly share: number }[];
}

export interface EcdfOptions {
  readonly unit: string;
  readonly factor: number;
  /** Every sample is a point, not only some quantiles. */
  readonly steps?: boolean;
  readonly limits?: readonly { readonly value: number; readonly text: string }[];
}

/**
 * One row per application, one line per session: how far lines lie apart is how far sessions differ. Times have long tails, so
 * their axis is logarithmic.
 */
export function ecdfChart(lines: readonly EcdfLine[], options: EcdfOptions): string {
  const { unit, factor, steps = false, limits = [] } = options;
  const rows = lines.flatMap(({ application, session, dashed = false, points }) =>
    points
      .filter(({ value }) => value > 0)
      .map(({ value, share }) => ({
        application,
        line: `${session} ${dashed}`,
        dashed,
        value: value / factor,
        percent: share * 100,
      })),
  );
  const applications = [...new Set(rows.map(({ application }) => application))];
  const values = rows.map(({ value }) => value);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const shown = limits.filter(({ value }) => value / factor >= least && value / factor <= most);
  const line = (dashed: boolean) =>
    Plot.line(
      rows.filter((row) => row.dashed === dashed),
      {
        fy: 'application',
        x: 'value',
        y: 'percent',
        z: 'line',
        curve: steps ? 'step-after' : 'linear',
        stroke: dashed ? theirs : ours,
        strokeWidth: 1.6,
        strokeOpacity: 0.8,
        ...(dashed ? { strokeDasharray: '5 3' } : {}),
      },
    );
  return draw({
    width: 920,
    height: 80 + 120 * applications.length,
    marginRight: 16,
    fy: { domain: applications, axis: null, padding: 0.12 },
    x: {
      type: 'log',
      label: `${unit}, logarithmic`,
      grid: true,
      domain: [least, most],
      ticks: ticksOf(least, most),
      tickFormat: String,
    },
    y: { label: '% of the samples', domain: [0, 100], ticks: 4, grid: true },
    marks: [
      Plot.frame({ stroke: band }),
      Plot.ruleX(shown, { x: ({ value }: { value: number }) => value / factor, strokeDasharray: '2 3' }),
      // One label to either side, so that close limits do not cover each other's.
      ...shown.map((limit, index) =>
        Plot.text([{ ...limit, application: applications[0] }], {
          fy: 'application',
          x: ({ value }: { value: number }) => value / factor,
          text: 'text',
          frameAnchor: 'top',
          textAnchor: index === 0 ? 'end' : 'start',
          dx: index === 0 ? -4 : 4,
          dy: -11,
        }),
      ),
      line(false),
      line(true),
      // Where every distribution function has ended its rise.
      Plot.text(
        applications.map((application) => ({ application })),
        {
          fy: 'application',
          text: 'application',
          frameAnchor: 'bottom-right',
          dx: -8,
          dy: -8,
          fontWeight: 600,
        },
      ),
    ],
  });
}

/** All digits within one decade, 1, 2 and 5 within a few, else powers of ten alone. */
export function ticksOf(least: number, most: number): number[] {
  const first = Math.floor(Math.log10(least));
  const last = Math.ceil(Math.log10(most));
  const decades = Math.log10(most / least);
  const steps = decades < 1 ? [1, 2, 3, 4, 5, 6, 7, 8, 9] : decades < 2.5 ? [1, 2, 5] : [1];
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
    .flatMap((exponent) => steps.map((step) => Number(`${step}e${exponent}`)))
    .filter((tick) => tick >= least && tick <= most);
}
