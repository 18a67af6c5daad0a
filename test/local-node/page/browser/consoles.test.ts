import { type Duplex, duplexPair } from 'node:stream';
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
import { serveRedScreen } from './rfb-server';

jest.setTimeout(120_000);

describeUnless(lacking)('consoles in the page', () => {
  let lab: PageLab;
  let page: Page;
  /** The guest's side of the newest console. */
  let guest: Duplex;
  let keys: number[] = [];

  beforeAll(async () => {
    lab = await startPageLab();
    await makeGuest(lab.node, 301, 'wordpress');
    await makeGuest(lab.node, 302, 'moodle');
    await startGuest(lab.node, 301);
    giveConsoles(lab.node, 'serial', (end) => {
      guest = end;
      end.write('\x1b[38;2;10;200;30mwordpress\x1b[0m login: ');
      end.on('data', (typed: Buffer) => end.write(typed));
    });
    giveConsoles(lab.node, 'screen', (end) => {
      guest = end;
      keys = serveRedScreen(end);
    });
    page = await lab.logIn();
  });
  afterAll(() => lab.close());
  afterEach(() => expect(lab.complaints.splice(0)).toEqual([]));

  const go = (hash: string) => page.evaluate(`location.hash = '${hash}'`);
  const state = (words: string) => page.getByRole('status').filter({ hasText: words }).waitFor();
  const running = () => lab.node.node.tasks.list().filter(({ exitStatus }) => exitStatus === undefined);

  test('the serial terminal shows what the guest writes, in its colours, and echoes what is typed', async () => {
    await go('/guests/301/terminal');
    await state('connected');
    const rows = page.locator('.xterm-rows');
    await rows.getByText('login:').waitFor();
    const colour =
      "getComputedStyle([...document.querySelectorAll('.xterm-rows span')].find((one) => one.textContent.includes('wordpress'))).color";
    expect(await page.evaluate(colour)).toBe('rgb(10, 200, 30)');
    await page.keyboard.type('räksmörgås');
    await rows.getByText('räksmörgås').waitFor();
    expect(running()).toHaveLength(1);
    await page.getByRole('button', { name: 'Screen reader' }).click();
    await page.locator('.xterm-accessibility').getByText('räksmörgås').waitFor();
  });

  test('a console fills the window when asked, and is small again', async () => {
    const width = () => page.locator('.stage').evaluate((stage) => stage.clientWidth);
    const before = await width();
    await page.getByRole('button', { name: 'Full window' }).click();
    expect(await page.getByRole('banner').isVisible()).toBe(false);
    expect(await width()).toBeGreaterThan(before);
    await page.getByRole('button', { name: 'Full window', pressed: true }).click();
    expect(await width()).toBe(before);
  });

  test('a guest that ends is told, its last lines stay, and a new connection is one click away', async () => {
    guest.end();
    await state('The terminal has ended, or the guest has.');
    expect(await page.locator('.xterm-rows').textContent()).toContain('räksmörgås');
    await page.getByRole('button', { name: 'Connect again' }).click();
    await state('connected');
    await page.getByRole('button', { name: 'Disconnect' }).click();
    await state('You have disconnected.');
  });

  test("a container's terminal carries what is typed, and hears of the window's size", async () => {
    const sizes: number[][] = [];
    await makeContainer(lab.node, 303, 'wiki');
    jest.spyOn(lab.node.node.guests.containers.engine, 'console').mockImplementation(async () => {
      const [near, far] = duplexPair();
      far.write('wiki login: ');
      far.on('data', (typed: Buffer) => far.write(typed));
      return { stream: near, resize: (...size) => sizes.push(size) };
    });
    await go('/guests/303/terminal');
    await page.getByRole('heading', { name: 'Terminal of 303 (wiki)' }).waitFor();
    await state('connected');
    await page.locator('.xterm-rows').getByText('wiki login:').waitFor();
    await page.keyboard.type('root');
    await page.locator('.xterm-rows').getByText('login: root').waitFor();
    expect(sizes[0]?.every((one) => one > 10)).toBe(true);
  });

  test('the screen is drawn, takes keys, and ends with its view', async () => {
    await go('/guests/301/screen');
    await state('connected');
    const pixel = `(() => {
      const canvas = document.querySelector('.stage canvas');
      return [canvas.width, canvas.height, ...canvas.getContext('2d').getImageData(32, 24, 1, 1).data].join();
    })()`;
    await until(page, `${pixel} === '64,48,255,0,0,255'`);
    await page.keyboard.press('a');
    await page.getByRole('button', { name: 'Ctrl+Alt+Del' }).click();
    while (keys.length < 4) await new Promise(setImmediate);
    expect(keys).toEqual([0x61, 0xffe3, 0xffe9, 0xffff]);
    await page.getByRole('link', { name: '← The guest' }).click();
    await page.getByRole('heading', { name: '301 wordpress' }).waitFor();
    while (running().length > 0) await new Promise(setImmediate);
  });

  test('a guest that does not run has no console, in words', async () => {
    await go('/guests/302/terminal');
    await state('The guest is stopped: it has no terminal now.');
  });

  test('a window that is closed ends its console', async () => {
    const other = await lab.logIn();
    await other.evaluate("location.hash = '/guests/301/terminal'");
    await other.getByRole('status').filter({ hasText: 'connected' }).waitFor();
    expect(running()).toHaveLength(1);
    await other.context().close();
    while (running().length > 0) await new Promise(setImmediate);
  });
});
