import {
  type ClientNamespace,
  ClientNetwork,
  inNamespace,
} from '../../measure/collect/clients/client-network';
import { BrowserReader } from '../../measure/collect/sessions/browser-reader';
import type { Reading } from '../../measure/collect/sessions/reader';
import { findCommand } from '../../setup/system-packages';
import { testLab } from '../measure/collect/fixtures';
import { describeUnless } from '../skip';
import { WebSite } from './web-site';

// Starting Chromium takes long on a machine that emulates guests at the same time.
jest.setTimeout(120_000);

const lacking = findCommand('chromium') ? undefined : 'chromium not installed';

describeUnless(lacking)('a browser as the reader', () => {
  const { host, port, files } = WebSite;
  let site: WebSite;
  let network: ClientNetwork;
  let client: ClientNamespace;

  beforeAll(async () => {
    site = await WebSite.create();
    const { networks, clients } = testLab();
    network = await ClientNetwork.create(site.node.shell, 'trial', networks, clients.slice(0, 1));
    client = network.clients[0] as ClientNamespace;
  });

  afterAll(async () => {
    await network.remove();
    await site.remove();
  });

  function open(at = port, signal = new AbortController().signal): Promise<BrowserReader> {
    const wrap = (command: readonly string[]) => inNamespace(client.namespace, command);
    return BrowserReader.open(site.node.shell, { host, port: at }, wrap, () => Date.now() / 1000, signal);
  }

  const script = (pages: readonly string[], think = 0, at = port) => ({
    host,
    port: at,
    pages,
    thinkSeconds: pages.slice(1).map(() => think),
    delaySeconds: 0,
  });

  /** What is left of browsers: processes in the client's network, files in the node's /tmp. */
  async function remains(): Promise<string> {
    const processes = await site.node.shell.run(['ip', 'netns', 'pids', client.namespace]);
    return processes.stdout + (await site.left());
  }

  /** The processes of a browser that was killed end a little after it. */
  async function gone(): Promise<void> {
    while ((await remains()) !== '') await new Promise((resolve) => setImmediate(resolve));
  }

  describe('that reads two pages', () => {
    let reading: Reading;
    let description: string;
    const foreign: string[] = [];

    beforeAll(async () => {
      const other = await site.node.shell.start(['python3', '-u', '-m', 'http.server', String(port)]);
      await new Promise<void>((resolve) => other.stdout.once('data', () => resolve()));
      other.stderr.on('data', (chunk: Buffer) => foreign.push(chunk.toString('utf8')));
      const reader = await open();
      description = reader.description;
      reading = await reader.read(script(['/', '/second.html'], 2.5));
      await reader.close();
      other.kill();
    });

    it('loads what the page, its style sheet and its scripts ask for, each with its bytes', () => {
      const first = reading.transfers.filter(({ page, late }) => page === 0 && !late);
      const seen = first.map(({ url, status, bytes, error }) => ({
        name: new URL(url).pathname.slice(1) || 'index.html',
        came: error === null && status === 200,
        bytes,
      }));
      const names = Object.keys(files).filter((name) => !['poll.txt', 'second.html'].includes(name));
      const expected = names.map((name) => ({ name, came: true, bytes: files[name]?.length }));
      const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);
      expect(seen.sort(byName)).toEqual(expected.sort(byName));
      expect(first.filter(({ kind }) => kind === 'page').map(({ url }) => new URL(url).pathname)).toEqual([
        '/',
      ]);
    });

    it('keeps its cache within a session: what the server confirms comes without its bytes', () => {
      const again = reading.transfers.filter(({ page, url }) => page === 1 && url.endsWith('.svg'));
      expect(again.length).toBeGreaterThan(0);
      expect(again.map(({ bytes }) => bytes)).toEqual(again.map(() => 0));
    });

    it('tells what a script asks for later from the page', () => {
      const late = reading.transfers.filter((transfer) => transfer.late);
      expect(new Set(late.map(({ url }) => new URL(url).pathname))).toEqual(new Set(['/poll.txt']));
    });

    it('gives each transfer its times in order, from the intended start on', () => {
      for (const { intendedAt, startedAt, firstByteAt, endedAt } of reading.transfers) {
        const times = [intendedAt, startedAt, firstByteAt ?? Number.NaN, endedAt];
        expect([...times].sort((a, b) => a - b)).toEqual(times);
      }
    });

    it('says when a person saw the page, in order', () => {
      expect(reading.fault).toBeNull();
      expect(reading.pageTimings).toHaveLength(2);
      for (const [index, timing] of (reading.pageTimings ?? []).entries()) {
        const document = reading.transfers.find(({ page, kind }) => page === index && kind === 'page');
        const first = document?.firstByteAt ?? Number.NaN;
        const { domContentLoadedAt, loadAt, firstContentfulPaintAt, largestContentfulPaintAt } = timing;
        expect(domContentLoadedAt).toBeGreaterThan(first);
        expect(loadAt).toBeGreaterThanOrEqual(domContentLoadedAt ?? Number.NaN);
        expect(firstContentfulPaintAt).toBeGreaterThan(first);
        expect(largestContentfulPaintAt).toBeGreaterThanOrEqual(firstContentfulPaintAt ?? Number.NaN);
        expect(timing.intendedAt).toBe(document?.intendedAt);
      }
    });

    it('asks no other server, and leaves nothing behind', async () => {
      expect(site.asked.join('')).toContain('GET /second.html');
      expect(foreign).toEqual([]);
      await gone();
    });

    it('says which Chromium it is', () => {
      expect(description).toMatch(/^Chromium \d+\.[\d.]+: .* flags: --headless=new --no-sandbox /);
    });
  });

  it('records a server that does not answer, and shows no page', async () => {
    const reader = await open(81);
    const { transfers, pageTimings, fault } = await reader.read(script(['/'], 0, 81));
    await reader.close();
    expect(fault).toBeNull();
    expect(transfers).toMatchObject([
      { kind: 'page', status: null, firstByteAt: null, bytes: 0, error: 'net::ERR_CONNECTION_REFUSED' },
    ]);
    expect(pageTimings).toMatchObject([{ loadAt: null, firstContentfulPaintAt: null }]);
  });

  it('ends at once when the run is interrupted, with what it has, and leaves nothing behind', async () => {
    const interrupt = new AbortController();
    const reader = await open(port, interrupt.signal);
    site.asked.length = 0;
    const reading = reader.read(script(['/', '/second.html'], 3600));
    while (!site.asked.join('').includes('/after.txt')) await new Promise((resolve) => setImmediate(resolve));
    interrupt.abort();
    const { fault, transfers } = await reading;
    await reader.close();
    expect(fault).toMatch(/the browser failed/);
    expect(transfers.some(({ kind, status }) => kind === 'page' && status === 200)).toBe(true);
    await gone();
  });
});
