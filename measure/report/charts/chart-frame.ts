import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import type { Distribution } from '../../analyse/statistics/statistics';

/** Okabe and Ito's colours, told apart by the colour-blind too; shapes and labels say the same once more. */
export const ours = '#0072B2';
export const theirs = '#D55E00';
export const part = '#009E73';

const { document } = parseHTML('<!doctype html><html><body></body></html>');
export const frame = {
  document,
  width: 440,
  height: 270,
  marginLeft: 48,
  marginTop: 28,
  marginBottom: 40,
  style: { fontSize: '12px', background: 'white' },
};

/** Plot answers an SVG element of the document that it was given. */
export function draw(options: Plot.PlotOptions): string {
  return slim(Plot.plot({ ...frame, ...options }).outerHTML);
}

const places = /\b(d|c[xy]|[xy][12]?|r|width|height|transform)="[^"]*"/g;

/** Places to a hundredth of a pixel: Plot gives up to 15 digits, which nobody sees and which are most of a chart's bytes. */
function slim(svg: string): string {
  return svg.replace(places, (attribute) =>
    attribute.replace(/-?\d+\.\d{3,}/g, (digits) => String(Number(Number(digits).toFixed(2)))),
  );
}

/** The single values, where they say more than their median does. */
export function repetitions(measured: Distribution | null): readonly number[] {
  return measured === null || measured.n === 1 ? [] : measured.values;
}
