import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import type { Distribution } from '../../analyse/statistics/statistics';

import { say } from '../language/messages';

/**
 * Colours on white paper, by the name of the variable that the report's page sets for its theme. Those of data are Okabe and
 * Ito's, told apart by the colour-blind too, the lighter ones darkened until text in them is read with ease; shapes and
 * labels say the same once more.
 */
export const paperColours = {
  ink: '#1a1a1a',
  page: '#ffffff',
  soft: '#555555',
  ours: '#0072b2',
  theirs: '#b34e00',
  part: '#00785a',
  band: '#d9d9d9',
  'band-light': '#f1f1f1',
} as const;

const variable = (name: keyof typeof paperColours): string => `var(--${name})`;

export const ours = variable('ours');
export const theirs = variable('theirs');
export const part = variable('part');
export const blank = variable('page');
export const soft = variable('soft');
export const band = variable('band');
export const lightBand = variable('band-light');

const { document } = parseHTML('<!doctype html><html><body></body></html>');
export const frame = {
  document,
  width: 440,
  height: 270,
  marginLeft: 48,
  marginTop: 28,
  marginBottom: 40,
  style: { fontSize: '12px' },
};

/** Plot answers an SVG element of the document that it was given. */
export function draw(options: Plot.PlotOptions): string {
  return localised(slim(Plot.plot({ ...frame, ...options }).outerHTML));
}

const places = /\b(d|c[xy]|[xy][12]?|r|width|height|transform)="[^"]*"/g;

/**
 * Places to a hundredth of a pixel: Plot gives up to 15 digits, which nobody sees and which are most of a chart's bytes. The
 * style that it repeats in each chart stands once in the page's.
 */
function slim(svg: string): string {
  return svg
    .replace(/<style>[^<]*<\/style>/, '')
    .replace(places, (attribute) =>
      attribute.replace(/-?\d+\.\d{3,}/g, (digits) => String(Number(Number(digits).toFixed(2)))),
    );
}

/** Numbers that stand alone in a chart, those of axes among them, as the language that is drawn writes them. */
function localised(svg: string): string {
  const { decimal, group } = say().shared;
  return decimal === '.'
    ? svg
    : svg.replace(/>([−-]?[\d,]+(?:\.\d+)?)</g, (_, digits: string) => {
        const [whole = '', fraction] = digits.split('.');
        return `>${[whole.replaceAll(',', group), ...(fraction === undefined ? [] : [fraction])].join(decimal)}<`;
      });
}

/** The single values, where they say more than their median does. */
export function repetitions(measured: Distribution | null): readonly number[] {
  return measured === null || measured.n === 1 ? [] : measured.values;
}
