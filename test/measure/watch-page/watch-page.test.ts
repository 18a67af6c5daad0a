import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Browser, chromium } from 'playwright-core';
import { findCommand } from '../../../setup/system-packages';
import { describeUnless } from '../../skip';
import { GrowingRun } from '../fixtures/growing-run';
import { Watched } from './watched';

jest.setTimeout(120_000);

describeUnless(findCommand('chromium') ? undefined : 'chromium not installed')('the page of a run', () => {
  let browser: Browser;
  const opened: Watched[] = [];

  beforeAll(async () => {
    const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
    browser = await chromium.launch({ executablePath: findCommand('chromium') ?? '', args });
  });

  afterAll(() => browser.close());

  afterEach(async () => {
    for (const watched of opened.splice(0)) {
      await watched.close();
      watched.run.remove();
      expect(watched.complaints).toEqual([]);
    }
  });

  async function open(run: GrowingRun, options = {}): Promise<Watched> {
    const watched = await Watched.open(browser, run, options);
    opened.push(watched);
    return watched;
  }

  /** So many readings are drawn in each chart. */
  const drawn = (watched: Watched, count: number) =>
    watched.page
      .locator(`svg[data-readings="${count}"]`)
      .nth(3)
      .waitFor({ state: 'attached', timeout: 20_000 });
  const text = (watched: Watched, selector: string) => watched.page.locator(selector).textContent();
  const has = (watched: Watched, words: string | RegExp) =>
    watched.page.getByText(words).first().waitFor({ timeout: 20_000 });

  test('appears piece by piece as the files of the run come', async () => {
    const run = new GrowingRun({ blocks: 1, sessions: 1 });
    const watched = await open(run);
    await has(watched, 'Waiting for the plan to be registered');

    run.register();
    run.begin(600);
    run.making('session', '000-mediawiki');
    run.tell({ event: 'step', text: 'session with mediawiki (1 of 2)' });
    watched.look();
    await has(watched, 'session with mediawiki (1 of 2)');
    expect(await text(watched, '#label')).toMatch(/^Emulated \(TCG\)/);
    expect(await text(watched, '#count')).toBe('0 of 6 made');
    expect(await text(watched, '#times')).toMatch(/taken, about \d+:\d\d left$/);
    await has(watched, 'moodle is left out');

    run.made('session', '000-mediawiki');
    run.making('session', '001-wordpress');
    watched.look();
    await has(watched, /\d+ pages, median \d/);
    expect(await text(watched, '#count')).toBe('1 of 6 made');

    run.made('session', '001-wordpress');
    run.making('visit', '000-level0');
    watched.look();
    await has(watched, 'The node, level 0: no guest runs');
    run.sample('000-level0', 0, 2);
    watched.look();
    await has(watched, 'The level settles (shaded)');
    expect(await text(watched, '#tiles')).toContain('2019 paper: 1.91 %');
    run.sample('000-level0', 2, 5);
    watched.look();
    await has(watched, 'Steady: these readings make the figures.');
    await drawn(watched, 7);
    expect(await text(watched, '#tiles')).toMatch(/RAM usage[\d.]+ % \([\d.]+ GiB of [\d.]+ GiB\)/);
  });

  /** A run whose first visit is under way, with so many samples. */
  function atLevel0(samples: number): GrowingRun {
    const run = new GrowingRun({ blocks: 1, sessions: 1 });
    run.register();
    run.begin();
    run.making('visit', '000-level0');
    run.sample('000-level0', 0, samples);
    return run;
  }

  test('tells of faults and disturbed visits as they happen, to readers of the screen too', async () => {
    const run = atLevel0(3);
    const watched = await open(run);
    run.made('visit', '000-level0');
    watched.look();
    await has(watched, /CPU [\d.]+.%, RAM/);
    run.making('visit', '001-level3');
    run.madeWhileBusy('001-level3', 34);
    watched.look();
    await has(watched, /001-level3: disturbed: other work used 3\d\.\d.%/);
    run.made('session', '000-mediawiki', 'the reader was cut off');
    watched.look();
    await has(watched, '000-mediawiki: the reader was cut off');
    const notes = watched.page.locator('#notes');
    expect(await notes.getAttribute('aria-live')).toBe('polite');
    expect(await notes.locator('li.fault').count()).toBe(1);
    expect(await text(watched, '#count')).toBe('3 of 6 made, 1 with a fault');
  });

  test('goes on where it was when the connection is lost and the watcher started anew', async () => {
    const run = atLevel0(4);
    const watched = await open(run);
    await drawn(watched, 4);
    await watched.stop();
    await has(watched, 'The connection is lost; trying again');
    run.sample('000-level0', 4, 3);
    await watched.startAgain();
    await drawn(watched, 7);
    await watched.page.locator('#connection').waitFor({ state: 'hidden' });
    run.sample('000-level0', 7, 1);
    watched.look();
    await drawn(watched, 8);
  });

  test('drops what it has of a visit that ended while it was away', async () => {
    const run = atLevel0(4);
    const watched = await open(run);
    await drawn(watched, 4);
    await watched.stop();
    run.made('visit', '000-level0');
    run.making('visit', '001-level3');
    run.sample('001-level3', 0, 2);
    await watched.startAgain();
    await drawn(watched, 2);
    await has(watched, 'The node, level 3: wordpress, moodle, mediawiki');
  });

  test('says that the run has ended, with its report, and stays when the watcher ends', async () => {
    const run = atLevel0(3);
    const watched = await open(run);
    run.made('visit', '000-level0');
    run.tell({ event: 'ended', interrupted: false });
    watched.look();
    await has(watched, 'The run has ended.');
    const link = watched.page.locator('#ended a');
    expect(await link.textContent()).toBe('Open the report of what there is');
    writeFileSync(join(run.directory, 'report.html'), '<!doctype html><title>r</title><h1>The report</h1>');
    watched.look();
    await watched.page.getByText('Open the report', { exact: true }).waitFor();
    const [report] = await Promise.all([watched.page.waitForEvent('popup'), link.click()]);
    await report.getByRole('heading', { name: 'The report' }).waitFor();
    await report.close();
    expect(await text(watched, '#phase')).toBe('ended');
    await watched.stop();
    await has(watched, 'The watcher has ended. This page stays as it is.');
  });

  test.each([
    ['interrupted', (run: GrowingRun) => run.tell({ event: 'ended', interrupted: true })],
    ['broken off', (run: GrowingRun) => run.begin(600, { pid: 1, startTicks: 1, boot: 'another' })],
  ])('shows a run that was %s as such', async (phase, end) => {
    const run = atLevel0(3);
    const watched = await open(run);
    end(run);
    watched.look();
    await has(watched, phase);
    expect(await text(watched, '#phase')).toBe(phase);
    expect(await watched.page.locator('.cell.running').count()).toBe(1); // that of the legend
  });

  test('shows a run of an older version whole, each visit on demand, by the keyboard', async () => {
    const run = new GrowingRun({ blocks: 1, sessions: 1 });
    run.bringAll();
    const watched = await open(run);
    await has(watched, 'The run has ended.');
    expect(await text(watched, '#count')).toBe('6 of 6 made');
    const last = run.visit('003-level2');
    await drawn(watched, last.samples.length + (last.settlingSamples?.length ?? 0));
    await has(watched, 'The node, level 2: wordpress, moodle');
    const { page } = watched;
    for (const summary of await page.locator('.group summary').all()) {
      await summary.focus();
      await page.keyboard.press('Enter');
    }
    await page.getByRole('button', { name: '000-level0' }).focus();
    await page.keyboard.press('Enter');
    await has(watched, 'The node, level 0: no guest runs');
    await page.getByRole('button', { name: 'Back to what is measured now' }).press('Enter');
    await has(watched, 'The node, level 2: wordpress, moodle');
  });

  test('shows the report of what is finished, as the report itself has it', async () => {
    const run = new GrowingRun({ blocks: 1, sessions: 1 });
    run.bringAll();
    rmSync(join(run.directory, 'raw/resources/003-level2.json'));
    const watched = await open(run);
    await watched.page.locator('#so-far summary').click();
    const frame = watched.page.frameLocator('#report-frame');
    await frame.getByRole('heading', { name: 'Scenario 1: what the node spends' }).first().waitFor();
    await frame.getByText('Emulated (TCG)').first().waitFor();
    // It has no scrolling of its own, whatever is unfolded in it.
    await frame.locator('details').first().waitFor();
    const [first] = await frame.locator('details:not([open]) > summary').all();
    for (const unfold of [() => Promise.resolve(), () => first?.click()]) {
      await unfold();
      // Not by waitForFunction: what it asks later than at once the page's own policy refuses.
      const isWhole = () =>
        watched.page.evaluate(
          '(({ clientHeight, contentDocument: { documentElement: page } }) => page.offsetHeight > 500 && clientHeight >= page.scrollHeight)(document.getElementById("report-frame"))',
        );
      while (!(await isWhole())) await sleep(50);
    }
  });

  test.each(['light', 'dark'] as const)(
    'has no horizontal scrolling on a phone, and ink that is read, in the %s theme',
    async (colorScheme) => {
      const run = atLevel0(6);
      const watched = await open(run, { colorScheme, viewport: { width: 375, height: 700 } });
      run.made(
        'visit',
        '000-level0',
        'a guest with a-very-long-name-that-has-no-blank-in-it-anywhere-at-all stopped',
      );
      run.madeWhileBusy('001-level3', 40);
      run.tell({ event: 'ended', interrupted: false });
      watched.look();
      await has(watched, 'The run has ended.');
      for (const summary of await watched.page.locator('summary').all()) await summary.click();
      expect(await watched.page.evaluate('document.documentElement.scrollWidth')).toBe(375);
      expect(await watched.page.evaluate('matchMedia("(prefers-color-scheme: dark)").matches')).toBe(
        colorScheme === 'dark',
      );
      expect(await faintTexts(watched)).toEqual([]);
    },
  );

  /** Texts whose contrast with what is behind them is below 4.5 (WCAG 2.2, AA). */
  async function faintTexts(watched: Watched): Promise<string[]> {
    const seen = await watched.page.evaluate<{ text: string; ink: string; ground: string }[]>(TEXTS);
    return seen.filter(({ ink, ground }) => contrast(ground, ink) < 4.5).map(({ text }) => text);
  }
});

/** Run by the browser: each text that is seen, with its colour and the one behind it. */
const TEXTS = `(() => {
  const opaque = (of) => {
    if (!of) return 'rgb(255, 255, 255)';
    const { backgroundColor } = getComputedStyle(of);
    return backgroundColor === 'rgba(0, 0, 0, 0)' ? opaque(of.parentElement) : backgroundColor;
  };
  return [...document.querySelectorAll('h1,h2,h3,p,li,th,td,span,button,a,summary')]
    .filter((each) => each.textContent.trim() && each.offsetParent !== null)
    .map((each) => ({
      text: each.textContent.slice(0, 40),
      ink: getComputedStyle(each).color,
      ground: opaque(each),
    }));
})()`;

/** Of two colours, WCAG 2.2. */
function contrast(one: string, other: string): number {
  const [a, b] = [luminance(one), luminance(other)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = (colour.match(/[\d.]+/g) ?? []).map((part) => {
    const share = Number(part) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
