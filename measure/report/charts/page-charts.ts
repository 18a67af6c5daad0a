import * as Plot from '@observablehq/plot';
import { draw, ours } from './chart-frame';

/** Page load times, one mark per page, one row per application; limits are G.1010's. */
export function pageChart(
  pages: readonly { application: string; seconds: number }[],
  limits: readonly { seconds: number; text: string }[],
): string {
  const applications = [...new Set(pages.map(({ application }) => application))];
  const longest = Math.max(...pages.map(({ seconds }) => seconds), 0);
  const shown = limits.filter(({ seconds }) => seconds <= longest * 1.3);
  return draw({
    width: 920,
    height: 80 + 44 * applications.length,
    // Wide enough for the label left of the first limit, wherever that lies.
    marginLeft: 130,
    marginRight: 30,
    x: { label: 'seconds', zero: true, grid: true, nice: true },
    y: { domain: applications, label: null },
    marks: [
      Plot.ruleX(shown, { x: 'seconds', strokeDasharray: '4 3' }),
      // One label to either side, so that close limits do not cover each other's.
      ...shown.map((limit, index) =>
        Plot.text([limit], {
          x: 'seconds',
          text: 'text',
          frameAnchor: 'top',
          textAnchor: index === 0 ? 'end' : 'start',
          dx: index === 0 ? -4 : 4,
          dy: -10,
        }),
      ),
      Plot.tickX(pages, {
        x: 'seconds',
        y: 'application',
        stroke: ours,
        strokeOpacity: 0.7,
        strokeWidth: 1.5,
      }),
      Plot.tickX(
        pages,
        Plot.groupY(
          { x: 'median' },
          { x: 'seconds', y: 'application', stroke: 'currentColor', strokeWidth: 4 },
        ),
      ),
    ],
  });
}
