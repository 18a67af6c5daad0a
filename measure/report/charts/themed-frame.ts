import type * as Plot from '@observablehq/plot';
import { draw } from './chart-frame';

/** Colours that the page declares, light and dark; see comparison.css. */
export const ink = {
  a: 'var(--run-a)',
  b: 'var(--run-b)',
  soft: 'var(--soft)',
  line: 'var(--line)',
  page: 'var(--page)',
} as const;

/** A chart that takes its colours from the page, and says what it shows to who cannot see it. */
export function drawThemed(
  { title, description }: { readonly title: string; readonly description: string },
  options: Plot.PlotOptions,
): string {
  const svg = draw({
    ariaLabel: title,
    ariaDescription: description,
    style: { fontSize: '12px', background: 'transparent', color: 'var(--ink)' },
    ...options,
  });
  return svg.replace('<svg ', '<svg role="img" ');
}

/** An axis that begins at 0, whichever side the values are on; up to 1 where all of them are 0. */
export function fromZero(rows: readonly { readonly low: number; readonly high: number }[]): {
  readonly domain: [number, number];
  readonly nice: true;
} {
  const low = Math.min(0, ...rows.map((row) => row.low));
  const high = Math.max(0, ...rows.map((row) => row.high));
  return { domain: low === high ? [0, 1] : [low, high], nice: true };
}
