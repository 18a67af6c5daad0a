import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { paperColours } from '../../../measure/report/charts/chart-frame';
import { report } from '../../../measure/report/write-report';
import { describeUnless } from '../../skip';
import { addInventedLoad } from '../fixtures/invented-load';
import { inventedRuns } from '../fixtures/invented-runs';
import { browserOfTests, noBrowser } from './browser';

jest.setTimeout(240_000);

const { invent } = inventedRuns();

describe('the colours of the report', () => {
  const css = readFileSync(join(__dirname, '../../../measure/report/document/report.css'), 'utf8');
  const [light = '', dark = ''] = css.match(/:root \{[^}]*\}/g) ?? [];
  const coloursOf = (theme: string): Map<string, string> =>
    new Map(
      [...theme.matchAll(/--([a-z-]+): (#[0-9a-f]{3,6});/g)].map(([, name = '', value = '']) => [
        name,
        value,
      ]),
    );

  test.each([
    ['light', light],
    ['dark', dark],
  ])('are read with ease in the %s theme', (_, theme) => {
    const colours = coloursOf(theme);
    const backs = ['page', 'code', 'warn-back'].map((name) => colours.get(name) ?? '');
    for (const name of ['ink', 'soft', 'ours', 'theirs', 'part', 'warn']) {
      const poorest = Math.min(...backs.map((back) => contrast(colours.get(name) ?? '', back)));
      // WCAG 2.2, 1.4.3, level AA.
      expect({ name, enough: poorest >= 4.5 }).toEqual({ name, enough: true });
    }
  });

  test('are on paper those of the charts’ files', () => {
    const colours = coloursOf(light);
    for (const [name, value] of Object.entries(paperColours))
      expect(long(colours.get(name) ?? '')).toBe(value);
  });
});

const long = (colour: string): string => (colour.length === 4 ? colour.replace(/[0-9a-f]/g, '$&$&') : colour);

/** Contrast ratio of WCAG 2.2. */
function contrast(one: string, other: string): number {
  const luminance = (colour: string): number => {
    const [r = 0, g = 0, b = 0] = [1, 3, 5]
      .map((at) => Number.parseInt(long(colour).slice(at, at + 2), 16) / 255)
      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

describeUnless(noBrowser)('the report in a browser', () => {
  const { open } = browserOfTests();
  const urls = new Map<string, string>();
  beforeAll(async () => {
    const full = invent({ reader: 'browser', loseEvery: 7, acceleration: null });
    addInventedLoad(full);
    const runs = {
      usual: invent(),
      full,
      once: invent({ blocks: 1, sessions: 1, acceleration: 'simulated' }),
    };
    for (const [name, run] of Object.entries(runs)) {
      urls.set(name, pathToFileURL((await report(run)).html).href);
    }
  });

  test.each(['usual', 'full', 'once'])('has a first page of one printed page (%s)', async (name) => {
    const page = await open(urls.get(name) ?? '');
    await page.evaluate(
      'for (const each of document.querySelectorAll("main > :not(#first), body > .why")) each.remove()',
    );
    const pdf = (await page.pdf({ preferCSSPageSize: true, printBackground: true })).toString('latin1');
    expect(pdf.match(/\/Type \/Page\b/g)).toHaveLength(1);
    expect(await page.locator('#first figure').count()).toBe(4);
  });

  test.each([375, 1100])(
    'does not scroll sideways at a width of %i pixels, all sections open',
    async (width) => {
      for (const url of urls.values()) {
        const page = await open(url, { viewport: { width, height: 800 } });
        await page.locator('#open-all').check();
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
      }
    },
  );
});
