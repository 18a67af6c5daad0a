import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { describeUnless } from '../../../skip';
import {
  giveConsoles,
  lacking,
  makeContainer,
  makeGuest,
  type PageLab,
  startGuest,
  startPageLab,
  until,
} from './page-browser';

jest.setTimeout(180_000);

const PLACES = [
  ...[
    ['summary', '/'],
    ['guests', '/guests'],
    ['guest', '/guests/301'],
    ['container', '/guests/304'],
    ['tasks', '/tasks'],
  ],
  ...[
    ['storage', '/storage'],
    ['terminal', '/guests/301/terminal'],
  ],
] as const;

const SIZES = { wide: { width: 1280, height: 900 }, phone: { width: 375, height: 780 } };

/** Where pictures of all views are put, for people to look at; unset = nowhere. */
const PICTURES = process.env.PAGE_PICTURES;

/**
 * Texts with less contrast to what is behind them than 4.5 : 1 (WCAG 2.2, 1.4.3), in words. What is disabled or unseen
 * does not count.
 */
const FAINT = `(() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgb = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) =>
    [r, g, b]
      .map((part) => part / 255)
      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
      .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
  const behind = (one) => {
    for (let at = one; at; at = at.parentElement) {
      const colour = rgb(getComputedStyle(at).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return [255, 255, 255, 255];
  };
  const faint = [];
  for (const one of document.body.querySelectorAll('*')) {
    const own = [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== '');
    const drawn = one.tagName === 'text';
    if (!own || !one.checkVisibility() || one.closest('[aria-disabled=true], .unseen, .skip, .stage')) continue;
    const style = getComputedStyle(one);
    const [a, b] = [light(rgb(drawn ? style.fill : style.color)), light(behind(one))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) faint.push(one.tagName + ' ' + one.textContent.trim() + ' ' + ratio.toFixed(2));
  }
  return faint;
})()`;

/** What a keyboard reaches that has no name for those who do not see it. */
const NAMELESS = `[...document.querySelectorAll('a, button, input, meter, [tabindex="0"]')]
  .filter((one) => one.checkVisibility())
  .filter((one) => !(one.textContent.trim() || one.getAttribute('aria-label') || one.labels?.length))
  .map((one) => one.outerHTML)`;

const OVERFLOW = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';

describeUnless(lacking)('the looks of the page', () => {
  let lab: PageLab;

  beforeAll(async () => {
    lab = await startPageLab();
    for (const [vmid, name] of [
      [301, 'wordpress'],
      [302, 'mediawiki'],
      [303, 'a-guest-with-a-rather-long-name'],
    ] as const) {
      await makeGuest(lab.node, vmid, name);
    }
    await startGuest(lab.node, 301);
    await makeContainer(lab.node, 304, 'a-container');
    jest.replaceProperty(lab.node.node.guests.containers.engine, 'keptLimits', { memory: false, cpu: false });
    jest.spyOn(lab.node.node.rrd, 'rows').mockImplementation((_name, frame) => inventedRows(frame));
    giveConsoles(lab.node, 'serial', (end) => {
      end.write('\r\n\x1b[1;32mwordpress\x1b[0m login: ');
      end.on('data', (typed: Buffer) => end.write(typed));
    });
  });
  afterAll(() => lab.close());
  afterEach(() => expect(lab.complaints.splice(0)).toEqual([]));

  async function arrive(page: Page, path: string): Promise<void> {
    await page.evaluate(`location.hash = '${path}'`);
    const words = { '/': 'Uptime:', '/guests/301/terminal': 'connected; press Enter' }[path];
    if (words) await page.getByText(words).waitFor();
    else await page.getByRole('row').nth(1).waitFor();
    await until(page, "!document.querySelector('main').textContent.includes('no figures yet')");
  }

  async function picture(page: Page, name: string): Promise<void> {
    if (PICTURES === undefined) return;
    mkdirSync(PICTURES, { recursive: true });
    await page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true });
  }

  const cases = (['light', 'dark'] as const).flatMap((theme) =>
    (['wide', 'phone'] as const).map((size) => [theme, size] as const),
  );

  test.each(cases)(
    'in %s and %s, every text is readable, everything has a name, and nothing is wider than the window',
    async (theme, size) => {
      const options = { colorScheme: theme, viewport: SIZES[size] };
      const login = await lab.open('/', options);
      await login.getByLabel('Password').waitFor();
      await picture(login, `login-${size}-${theme}`);
      expect([await login.evaluate(FAINT), await login.evaluate(OVERFLOW)]).toEqual([[], 0]);
      await login.context().close();
      const page = await lab.logIn(options);
      const ground = await page.evaluate('getComputedStyle(document.body).backgroundColor');
      expect(ground).toBe(theme === 'light' ? 'rgb(244, 246, 248)' : 'rgb(18, 22, 26)');
      for (const [name, path] of PLACES) {
        await arrive(page, path);
        await picture(page, `${name}-${size}-${theme}`);
        const found = [
          await page.evaluate(FAINT),
          await page.evaluate(NAMELESS),
          await page.evaluate(OVERFLOW),
        ];
        expect([name, ...found]).toEqual([name, [], [], 0]);
        expect(await page.getByRole('heading', { level: 1 }).count()).toBe(1);
      }
      await arrive(page, '/guests/301');
      await page.getByRole('button', { name: 'Stop' }).click();
      await page.getByRole('dialog').waitFor();
      await picture(page, `dialog-${size}-${theme}`);
      expect([await page.evaluate(FAINT), await page.evaluate(OVERFLOW)]).toEqual([[], 0]);
      await page.context().close();
    },
  );

  test('the keyboard goes from the bar into the view, in the order in which it is seen', async () => {
    const page = await lab.logIn();
    await arrive(page, '/guests');
    const order: string[] = [];
    await page.reload();
    await page.getByRole('link', { name: 'wordpress' }).waitFor();
    for (let step = 0; step < 10; step++) {
      await page.keyboard.press('Tab');
      const name = 'document.activeElement.getAttribute("aria-label") ?? document.activeElement.textContent';
      order.push(await page.evaluate(name));
      if (step === 1) {
        expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid');
      }
    }
    expect(order).toEqual([
      ...['Skip to the content', 'Summary', 'Guests', 'Tasks', 'Storage', 'Log out'],
      ...['wordpress', 'Start 301 (wordpress)', 'Shutdown 301 (wordpress)', 'Stop 301 (wordpress)'],
    ]);
    await page.getByRole('button', { name: 'Skip to the content' }).focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('wordpress');
  });

  test('a refresh moves nothing, and takes the focus from nobody', async () => {
    const page = await lab.logIn();
    await arrive(page, '/guests');
    await page.getByRole('link', { name: 'wordpress' }).focus();
    await page.evaluate(`
      window.moved = [];
      new PerformanceObserver((list) => window.moved.push(...list.getEntries().map(({ value }) => value)))
        .observe({ type: 'layout-shift', buffered: false })`);
    for (let refresh = 0; refresh < 2; refresh++) await page.waitForResponse('**/nodes/pve/qemu');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('wordpress');
    expect(await page.evaluate('window.moved')).toEqual([]);
  });
});

/** A day or an hour with a gap in it, as after a night in which the node was down. */
function inventedRows(frame: 'hour' | 'day'): Record<string, number>[] {
  const step = frame === 'hour' ? 60 : 1800;
  const end = Math.floor(Date.now() / 1000 / step) * step;
  return Array.from({ length: 70 }, (_, index) => {
    const time = end - (70 - index) * step;
    if (index < 12 || (index > 30 && index < 34)) return { time };
    const wave = 1 + Math.sin(index / 4);
    return {
      ...{ time, cpu: 0.1 * wave + (index % 7) / 60, iowait: 0.01 + (index % 5) / 400, loadavg: wave },
      ...{ memused: (6 + index / 20) * 2 ** 30, memtotal: 16 * 2 ** 30 },
      ...{ rootused: 20 * 2 ** 30, roottotal: 60 * 2 ** 30, mem: 3e8 + index * 1e6, maxmem: 2 ** 30 },
      ...{ netin: 4e4 * wave, netout: 8e4, diskread: 1000, diskwrite: 3e4 * wave },
    };
  });
}
