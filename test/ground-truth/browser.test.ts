import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ClientNamespace, ClientNetwork, inNamespace } from '../../measure/clients/client-network';
import { BrowserReader } from '../../measure/collect/browser-reader';
import type { Reading } from '../../measure/collect/reader';
import type { RunningCommand } from '../../proxmox/node-shell';
import { findCommand } from '../../scripts/system-packages';
import { testLab } from '../measure/collect/fixtures';
import { NamespaceNode } from '../measure/collect/namespace-node';

// Starting Chromium takes long on a machine that emulates guests at the same time.
jest.setTimeout(120_000);

const hasChromium = findCommand('chromium') !== undefined;
if (!hasChromium) console.warn('skipped: the browser as reader, as there is no chromium on this machine');

/** A picture of about so many bytes. */
function drawing(bytes: number): string {
  const shape =
    '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="60"><rect width="90" height="60"/>';
  return `${shape}<!--${'x'.repeat(bytes)}--></svg>`;
}

(hasChromium ? describe : describe.skip)('a browser as the reader', () => {
  const host = '192.168.10.29';
  const port = 8080;
  let node: NamespaceNode;
  let network: ClientNetwork;
  let client: ClientNamespace;
  let server: RunningCommand;
  let directory: string;
  const asked: string[] = [];
  const files: Record<string, string> = {
    'style.css': 'body { background: url(background.svg) }',
    'script.js':
      "addEventListener('load', () => { fetch('/after.txt'); setTimeout(() => fetch('/poll.txt'), 1500) })",
    'after.txt': 'after',
    'poll.txt': 'poll',
    'favicon.ico': drawing(100),
    'picture.svg': drawing(300_000),
    'background.svg': drawing(50_000),
  };

  beforeAll(async () => {
    node = await NamespaceNode.create();
    directory = mkdtempSync(join(tmpdir(), 'browser-'));
    const page = `<!doctype html><title>T</title><link rel="stylesheet" href="/style.css">
      <script src="/script.js"></script><h1>Title</h1><p>Text</p><img src="/picture.svg">
      <img src="http://other.example/x.png"><img src="http://192.168.10.1:8080/x.png">`;
    files['index.html'] = page;
    files['second.html'] = page;
    for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), content);
    server = await node.shell.start(
      node.inGuest(['python3', '-u', '-m', 'http.server', String(port), '--directory', directory]),
    );
    await new Promise<void>((resolve) => server.stdout.once('data', () => resolve()));
    server.stderr.on('data', (chunk: Buffer) => asked.push(chunk.toString('utf8')));
    // Whatever a browser leaves in the node's /tmp is then its own; the server goes on to see the one before.
    await node.shell.run(['mount', '-t', 'tmpfs', 'tmpfs', '/tmp']);
    const { networks, clients } = testLab();
    network = await ClientNetwork.create(node.shell, 'trial', networks.clients, clients.slice(0, 1));
    client = network.clients[0] as ClientNamespace;
  });

  afterAll(async () => {
    server.kill();
    await network.remove();
    await node.remove();
    rmSync(directory, { recursive: true });
  });

  function open(at = port, signal = new AbortController().signal): Promise<BrowserReader> {
    const wrap = (command: readonly string[]) => inNamespace(client.namespace, command);
    return BrowserReader.open(node.shell, { host, port: at }, wrap, () => Date.now() / 1000, signal);
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
    const processes = await node.shell.run(['ip', 'netns', 'pids', client.namespace]);
    const left = await node.shell.run(['ls', '-A', '/tmp']);
    return processes.stdout + left.stdout;
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
      const other = await node.shell.start(['python3', '-u', '-m', 'http.server', String(port)]);
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
      expect(asked.join('')).toContain('GET /second.html');
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
    asked.length = 0;
    const reading = reader.read(script(['/', '/second.html'], 3600));
    while (!asked.join('').includes('/after.txt')) await new Promise((resolve) => setImmediate(resolve));
    interrupt.abort();
    const { fault, transfers } = await reading;
    await reader.close();
    expect(fault).toMatch(/the browser failed/);
    expect(transfers.some(({ kind, status }) => kind === 'page' && status === 200)).toBe(true);
    await gone();
  });
});
