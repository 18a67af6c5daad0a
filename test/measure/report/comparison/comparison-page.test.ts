import { parseHTML } from 'linkedom';
import { type Browser, chromium, type Page } from 'playwright-core';
import { compareRuns } from '../../../../measure/analyse/compare/compare-runs';
import { byDate, compareSeries } from '../../../../measure/analyse/compare/compare-series';
import type { Summary } from '../../../../measure/analyse/summary';
import { pairPage } from '../../../../measure/report/comparison/pair-page';
import { seriesPage } from '../../../../measure/report/comparison/series-page';
import { findCommand } from '../../../../setup/system-packages';
import { describeUnless } from '../../../skip';
import { inventedRuns } from '../../fixtures/invented-runs';

// Drawing is slow on a machine that emulates guests at the same time.
jest.setTimeout(180_000);

const { invent, summarise } = inventedRuns();

/** A summary as of another run on another day. */
function on(day: number, summary: Summary): Summary {
  const registeredAt = `2030-03-${day}T08:00:00.000Z`;
  return { ...summary, run: `day-${day}`, plan: { ...summary.plan, run: `day-${day}`, registeredAt } };
}

const five = on(17, summarise(invent({ blocks: 5, sessions: 5 })));
const lossy = on(18, summarise(invent({ blocks: 5, sessions: 5, loseEvery: 40 })));
const kvm = on(19, summarise(invent({ blocks: 5, sessions: 5, acceleration: 'kvm' })));

const pair = (a: Summary, b: Summary): string => pairPage(compareRuns(a, b), [a, b]);
const series = (...summaries: Summary[]): string => seriesPage(compareSeries(summaries), byDate(summaries));
const pages = { pair: pair(five, lossy), mixed: pair(five, kvm), series: series(lossy, kvm, five) };

const documentOf = (html: string) => parseHTML(html).document;
const titles = (html: string): (string | null)[] =>
  [...documentOf(html).querySelectorAll('figure h3')].map((title) => title.textContent);

test('a page is one file that refers to no other', () => {
  for (const page of Object.values(pages)) {
    expect(page.match(/<(script|link|img|iframe)\b|@import|url\(|(src|href)="(?!#)/g)).toBeNull();
  }
});

test('what makes a comparison doubtful stands before every figure', () => {
  const [first] = documentOf(pages.mixed).querySelectorAll('main section');
  expect(first?.querySelector('h2')?.textContent).toBe('What makes this comparison doubtful');
  expect(first?.textContent).toContain('Not comparable: acceleration is tcg in A and kvm in B');
  expect(pages.mixed.indexOf('Not comparable')).toBeLessThan(pages.mixed.indexOf('<svg'));
});

test('both runs are in each chart, and their intervals and repetitions are said', () => {
  const document = documentOf(pages.pair);
  const figure = [...document.querySelectorAll('#charts figure')].find((each) =>
    each.querySelector('h3')?.textContent?.startsWith('Memory used'),
  );
  const letters = [...(figure?.querySelectorAll('svg text') ?? [])].map(({ textContent }) => textContent);
  expect(letters.filter((text) => text === 'A')).toHaveLength(4);
  expect(letters.filter((text) => text === 'B')).toHaveLength(4);
  expect(figure?.querySelector('figcaption')?.textContent).toMatch(
    /intervals that cover in 93\s%; .*every visit/,
  );
});

test('what differs is told with its interval, and beside it what chance alone would give', () => {
  const found = documentOf(pages.pair).querySelector('#found');
  expect(found?.textContent).toMatch(/figures with an interval \d+ differ .* would by chance/);
  expect(found?.querySelector('table')?.textContent).toMatch(
    /packet loss.*2\.50\s%.*\[2\.50, 2\.50\], 96\s%/s,
  );
});

test('charts say that figures are emulated, in the title or, where only some runs are, below', () => {
  expect(titles(pages.pair).every((title) => title?.endsWith('— emulated (TCG)'))).toBe(true);
  const captions = [...documentOf(pages.mixed).querySelectorAll('figcaption')];
  expect(captions.every(({ textContent }) => textContent?.includes('A: emulated (TCG); B: KVM'))).toBe(true);
});

test('a series draws each figure over its runs in the order of their dates', () => {
  const document = documentOf(pages.series);
  expect([...document.querySelectorAll('.runs .side')].map((side) => side.textContent)).toEqual([
    'A',
    'B',
    'C',
  ]);
  expect([...document.querySelectorAll('.runs li')].map((card) => card.textContent)[1]).toContain('day-18');
  const loss = [...document.querySelectorAll('#wordpress figure')].find(
    (figure) => figure.querySelector('h3')?.textContent === 'packet loss',
  );
  expect(loss?.textContent).toContain('03-18');
  expect(loss?.querySelector('figcaption')?.textContent).toContain('difference from A: B.');
});

test('charts of figures that are 0 throughout have an axis', () => {
  const ticks = [...documentOf(pages.series).querySelectorAll('svg text')].map((text) => text.textContent);
  expect(ticks.filter((tick) => /0\.0{4}/.test(tick ?? ''))).toEqual([]);
});

test('every chart says what it shows to who cannot see it', () => {
  for (const page of Object.values(pages)) {
    const charts = [...documentOf(page).querySelectorAll('svg')];
    expect(charts.length).toBeGreaterThan(10);
    expect(charts.every((svg) => svg.getAttribute('role') === 'img' && svg.getAttribute('aria-label'))).toBe(
      true,
    );
  }
});

/** Of a colour of the body, 0 to 255. */
async function brightness(page: Page, name: string): Promise<number> {
  return Number(/\d+/.exec(String(await page.evaluate(`getComputedStyle(document.body).${name}`)))?.[0]);
}

describeUnless(findCommand('chromium') ? undefined : 'chromium not installed')('in Chromium', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: findCommand('chromium') ?? '',
      args: ['--no-sandbox'],
    });
  });
  afterAll(() => browser.close());

  test.each(['light', 'dark'] as const)(
    'a phone scrolls no page sideways, and text is legible when %s',
    async (colorScheme) => {
      for (const content of Object.values(pages)) {
        const page = await browser.newPage({ viewport: { width: 375, height: 800 }, colorScheme });
        await page.setContent(content);
        await page.evaluate('for (const fold of document.querySelectorAll("details")) fold.open = true');
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(375);
        const [ink, paper] = await Promise.all(
          ['color', 'backgroundColor'].map((name) => brightness(page, name)),
        );
        expect((ink ?? 0) > (paper ?? 0)).toBe(colorScheme === 'dark');
        await page.close();
      }
    },
  );
});
