import type { Page } from 'playwright-core';
import { describeUnless } from '../../../skip';
import { lacking, makeContainer, makeGuest, type PageLab, startGuest, startPageLab } from './page-browser';

jest.setTimeout(120_000);

describeUnless(lacking)('the views of the page', () => {
  let lab: PageLab;
  let page: Page;

  beforeAll(async () => {
    lab = await startPageLab();
    await makeGuest(lab.node, 301, 'wordpress');
    await makeGuest(lab.node, 302, '<b>moodle</b>'.replace(/<\/?b>/g, ''));
    await startGuest(lab.node, 302);
    page = await lab.logIn();
  });
  afterAll(() => lab.close());
  afterEach(() => expect(lab.complaints.splice(0)).toEqual([]));

  const go = (name: string) => page.getByRole('navigation').getByRole('link', { name }).click();
  const row = (name: string) => page.getByRole('row').filter({ hasText: name });

  test("the summary has Proxmox VE's figures, in its words and order, and says that guests are simulated", async () => {
    await page.getByText('Uptime:').waitFor();
    const names = await page.locator('.summary dt').allTextContents();
    expect(names).toEqual([
      ...['CPU usage', 'Load average', 'RAM usage', 'HD space', 'IO delay', 'KSM sharing', 'SWAP usage'],
      ...['CPU(s)', 'Kernel Version', 'Boot Mode', 'Manager Version'],
    ]);
    const values = await page.locator('.summary dt + dd').allTextContents();
    expect(values[0]).toMatch(/^\d+\.\d\d% of \d+ CPU\(s\)$/);
    expect(values[2]).toMatch(/^\d+\.\d\d% \([\d.]+ \w+ of [\d.]+ \w+\)$/);
    expect(await page.getByText('Embedded local node: simulated guests').isVisible()).toBe(true);
  });

  test('a chart shows what was sampled, and the keys read it', async () => {
    await lab.node.node.rrd.sample();
    const frame = Array.from({ length: 70 }, (_, index) => ({ time: 1_800_000_000 + 60 * index }));
    const rows = frame.map((one, index) => (index < 60 ? one : { ...one, cpu: index / 100 }));
    const spy = jest.spyOn(lab.node.node.rrd, 'rows').mockReturnValue(rows);
    const chart = page.getByRole('group', { name: 'CPU usage' });
    await page.getByRole('button', { name: 'Day' }).click();
    expect(await page.getByRole('button', { name: 'Day' }).getAttribute('aria-pressed')).toBe('true');
    await chart.getByText('69.00%').waitFor();
    expect(spy).toHaveBeenCalledWith('node', 'day');
    await chart.focus();
    await page.keyboard.press('ArrowLeft');
    expect(await chart.locator('.key').first().textContent()).toBe('CPU usage 68.00%');
    expect(await chart.locator('path.line').count()).toBe(1);
    spy.mockRestore();
  });

  test('a guest is started and stopped, after a question that can be answered with no', async () => {
    await go('Guests');
    const guest = row('wordpress');
    await guest.getByText('stopped').waitFor();
    expect(await guest.getByRole('button', { name: 'Stop' }).getAttribute('aria-disabled')).toBe('true');
    await guest.getByRole('button', { name: 'Start' }).click();
    await guest.getByText('running').waitFor();
    await page.getByText('301 (wordpress): start – done').waitFor();

    await guest.getByRole('button', { name: 'Stop' }).click();
    const question = page.getByRole('dialog', { name: 'Stop 301 (wordpress)?' });
    await question.waitFor();
    // The keyboard is on Cancel; Escape is a no as well.
    await page.keyboard.press('Escape');
    await question.waitFor({ state: 'detached' });
    expect(lab.node.node.engine.isRunning(301)).toBe(true);
    await guest.getByRole('button', { name: 'Stop' }).click();
    await question.getByRole('button', { name: 'Stop' }).click();
    await guest.getByText('stopped').waitFor();
    expect(lab.node.node.engine.isRunning(301)).toBe(false);
  });

  test('a task that fails is told with a way to its log, and stays told', async () => {
    jest.spyOn(lab.node.node.engine, 'start').mockRejectedValueOnce(new Error('no memory for VM 301'));
    await row('wordpress').getByRole('button', { name: 'Start' }).click();
    const told = page.getByRole('alert').filter({ hasText: 'start – no memory for VM 301' });
    await told.getByRole('link', { name: 'its log' }).click();
    await page.getByRole('heading', { name: 'VM 301 - Start' }).waitFor();
    await told.getByRole('button', { name: 'Close this message' }).click();
  });

  test('the tasks are listed, and the log of one is followed while it runs', async () => {
    let more: (line: string) => void = () => undefined;
    let end: () => void = () => undefined;
    const { tasks } = lab.node.node;
    tasks.run('download', 'disk.qcow2', { userId: 'root@pam' }, async ({ log }) => {
      log('first line');
      more = log;
      await new Promise<void>((resolve) => {
        end = resolve;
      });
    });
    await go('Tasks');
    expect(await row('File download').textContent()).toContain('running');
    await row('File download').getByRole('link').click();
    await page.getByText('first line').waitFor();
    more('<img src=x onerror=alert(1)>');
    await page.getByText('<img src=x onerror=alert(1)>').waitFor();
    end();
    await page
      .getByRole('status')
      .filter({ hasText: /^OK – begun/ })
      .waitFor();
    expect(await page.getByLabel('Log of the task').textContent()).toContain('TASK OK');
  });

  test('storages show what they hold and how full they are', async () => {
    await go('Storage');
    const local = page.getByRole('row', { name: /^local Directory/ });
    await local.waitFor();
    expect(await local.textContent()).toMatch(/Yes\d+\.\d\d% \(/);
  });

  test('a container stands beside virtual machines, with what a container has', async () => {
    const { engine } = lab.node.node.guests.containers;
    jest.replaceProperty(engine, 'keptLimits', { memory: false, cpu: true });
    await makeContainer(lab.node, 303, 'wiki');
    await go('Guests');
    await row('wiki').getByText('CT', { exact: true }).waitFor();
    await page.getByRole('link', { name: 'wiki' }).click();
    await page.getByRole('heading', { name: 'CT 303 wiki' }).waitFor();
    await page.getByText('25.00% (256.00 MiB of 1.00 GiB)').waitFor();
    await page.getByText('memory: not limited on this machine').waitFor();
    expect(await page.getByText('QEMU Guest Agent').isVisible()).toBe(false);
    const ways = page.getByRole('region', { name: 'Ways in' });
    expect(await ways.getByRole('listitem').count()).toBe(1);
    await row('CT 303 - Create').waitFor();
    const name = 'Stop 303 (wiki)';
    await page.getByRole('button', { name }).click();
    await page
      .getByRole('dialog', { name: `${name}?` })
      .getByRole('button', { name: 'Stop' })
      .click();
    await page.getByText('303 (wiki): stop – done').waitFor();
    expect(engine.isRunning(303)).toBe(false);
    jest.restoreAllMocks();
  });

  test('a guest has its figures, its tasks, and words for consoles that are not there', async () => {
    await go('Guests');
    await page.getByRole('link', { name: 'moodle' }).click();
    await page.getByRole('heading', { name: '302 moodle' }).waitFor();
    await page.getByText('25.00% (256.00 MiB of 1.00 GiB)').waitFor();
    const ways = page.getByRole('region', { name: 'Ways in' });
    expect(await ways.getByText('a simulated guest has none').count()).toBe(2);
    expect(await row('VM 302 - Start').textContent()).toContain('OK');
  });

  test('a node that does not answer is told, what it said before is dimmed, and it comes back by itself', async () => {
    await page.route('**/api2/**', (route) => route.abort());
    const trouble = page.getByRole('alert').filter({ hasText: 'The node does not answer since' });
    await trouble.waitFor();
    expect(await page.evaluate("getComputedStyle(document.querySelector('main')).opacity")).not.toBe('1');
    await page.unroute('**/api2/**');
    await trouble.waitFor({ state: 'hidden' });
    expect(lab.complaints.splice(0).every((text) => text.includes('ERR_FAILED'))).toBe(true);
  });

  test('an answer that the page does not understand is told, and the next one is shown', async () => {
    await page.route('**/qemu/302/status/current', (route) => route.fulfill({ json: { data: null } }));
    await page.getByText('This page has a fault:').waitFor();
    await page.unroute('**/qemu/302/status/current');
    await page.getByText('This page has a fault:').waitFor({ state: 'hidden' });
    expect(lab.complaints.splice(0).length).toBeGreaterThan(0);
  });

  test('nothing is asked while nobody sees the page', async () => {
    const other = await lab.open(lab.link(), {}, (fresh) => fresh.clock.install());
    await other.getByText('Uptime:').waitFor();
    const seen = (state: string) =>
      other.evaluate(
        `Object.defineProperty(document, 'visibilityState', { value: '${state}', configurable: true }); document.dispatchEvent(new Event('visibilitychange'))`,
      );
    const asked: string[] = [];
    await seen('hidden');
    await other.waitForLoadState('networkidle');
    other.on('request', (request) => asked.push(request.url()));
    for (let minute = 0; minute < 3; minute++) await other.clock.runFor(60_000);
    expect(asked).toEqual([]);
    await seen('visible');
    await other.waitForRequest('**/nodes/pve/status');
  });
});
