import * as Plot from '@observablehq/plot';
import type { MetricComparison } from '../../analyse/compare/compare-runs';
import { drawThemed, ink } from './themed-frame';

const rowHeight = 24;
/** For the names. */
const marginLeft = 196;
const ticks = [0.01, 0.1, 0.2, 0.5, 0.8, 1, 1.25, 2, 5, 10, 100];

/**
 * The ratio of B to A of each figure, with its interval, on a logarithmic axis: twice and half lie equally far from 1. Filled =
 * the interval leaves 1 out. Figures without a ratio are not in it; null = none has one.
 */
export function ratioChart(
  metrics: readonly MetricComparison[],
  options: {
    readonly title: string;
    readonly description: string;
    readonly sides: readonly [string, string];
  },
): string | null {
  const [A, B] = options.sides;
  const rows = metrics
    .flatMap(({ name, effect, verdict }) =>
      effect === null || effect.ratio === null
        ? []
        : [
            {
              name,
              ratio: effect.ratio,
              low: effect.interval?.ratio?.low ?? effect.ratio,
              high: effect.interval?.ratio?.high ?? effect.ratio,
              differs: verdict === 'differ' || verdict === 'undecided',
            },
          ],
    )
    .map((row, index) => ({ ...row, index }));
  if (rows.length === 0) return null;
  // As far to the left as to the right; not narrower than this, or noise would fill the chart.
  const end = Math.max(1.3, ...rows.flatMap(({ low, high }) => [1 / low, high])) * 1.03;
  const common = { y: 'index', stroke: ink.b } as const;
  return drawThemed(options, {
    height: rows.length * rowHeight + 52,
    marginLeft,
    marginRight: 20,
    marginTop: 12,
    x: {
      ...{ type: 'log', base: 10, domain: [1 / end, end] },
      ...{ label: `${B} / ${A}`, labelAnchor: 'center', grid: true, tickFormat: String },
      ticks: shownTicks(end),
    },
    y: { axis: null, domain: [-0.5, rows.length - 0.5], reverse: true },
    marks: [
      Plot.ruleX([1], { stroke: 'currentColor', strokeWidth: 1.5 }),
      Plot.ruleY(rows, { ...common, x1: 'low', x2: 'high', strokeWidth: 3, strokeOpacity: 0.55 }),
      Plot.dot(rows, {
        ...{ ...common, x: 'ratio', symbol: 'triangle', r: 4.5, strokeWidth: 1.6 },
        fill: ({ differs }: { differs: boolean }) => (differs ? ink.b : ink.page),
      }),
      Plot.text(rows, {
        ...{ y: 'index', text: ({ name }: { name: string }) => shortened(name), frameAnchor: 'left' },
        ...{ textAnchor: 'start', dx: 4 - marginLeft, fill: 'currentColor' },
      }),
    ],
  });
}

/** Those that the axis has room for: of a wide one the inner ones would lie on each other. */
function shownTicks(end: number): readonly number[] {
  const inside = ticks.filter((tick) => tick > 1 / end && tick < end);
  return end < 3
    ? inside
    : inside.filter(
        (tick) => tick !== 0.8 && tick !== 1.25 && (end < 30 || ![0.2, 0.5, 2, 5].includes(tick)),
      );
}

function shortened(name: string): string {
  return name.length > 30 ? `${name.slice(0, 29)}…` : name;
}
