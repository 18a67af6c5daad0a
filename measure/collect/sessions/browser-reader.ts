import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { RunningCommand, Shell } from '../../../proxmox/node-shell';
import type { PageTiming } from '../../run/raw-data';
import { type BrowserServer, browserCommand, browserFlags } from './browser-command';
import { CdpTransport } from './cdp-transport';
import type { ReaderScript, Reading, SessionReader } from './reader';
import { TransferRecorder } from './transfer-recorder';

/** Longest wait for a page as a whole; an emulated guest may take half a minute for the first one. */
const pageSeconds = 120;
/** Longest wait for the end of a browser that was told to end, before it is killed. */
const endSeconds = 5;

const timingsProgram = readFileSync(join(__dirname, '../programs', 'page-timings.js'), 'utf8');

/**
 * A headless Chromium on the node whose network is a client's, driven from here. Each reading is made in a context of its own: an empty cache,
 * no cookies, new connections. Clock readings are the node's: the browser's own for what it reports, `now` for pauses.
 */
export class BrowserReader implements SessionReader {
  private constructor(
    private readonly running: RunningCommand,
    private readonly browser: Browser,
    private readonly server: BrowserServer,
    private readonly now: () => number,
  ) {}

  /** Throws if the browser does not start, with its last words. */
  static async open(
    shell: Shell,
    server: BrowserServer,
    wrap: (command: readonly string[]) => readonly string[],
    now: () => number,
    signal: AbortSignal,
  ): Promise<BrowserReader> {
    // A run without a browser need not wait for Playwright to load.
    const { chromium } = await import('playwright-core');
    const running = await shell.start(wrap(browserCommand(server)));
    let words = '';
    running.stderr.on('data', (chunk: Buffer) => {
      words = (words + chunk.toString('utf8')).slice(-2000);
    });
    const kill = () => running.kill();
    signal.addEventListener('abort', kill, { once: true });
    running.ended.finally(() => signal.removeEventListener('abort', kill)).catch(() => {});
    try {
      const browser = await Promise.race([
        chromium.connectOverCDP(new CdpTransport(running), { noDefaults: true, timeout: 60_000 }),
        running.ended.then((code) => {
          throw new Error(`Chromium ended with ${code ?? 'a signal'}: ${words.trim().split('\n').at(-1)}`);
        }),
      ]);
      const reader = new BrowserReader(running, browser, server, now);
      await reader.warm();
      return reader;
    } catch (error) {
      running.kill();
      throw error;
    }
  }

  get description(): string {
    const flags = browserFlags(this.server).join(' ');
    return `Chromium ${this.browser.version()}: a real browser for each client, on the node, scripts run, cache empty at first and kept within a session; flags: ${flags}`;
  }

  async read(script: ReaderScript): Promise<Reading> {
    const recorder = new TransferRecorder(originOf(script));
    const pageTimings: PageTiming[] = [];
    let fault: string | null = null;
    let context: BrowserContext | undefined;
    try {
      context = await this.browser.newContext();
      const page = await context.newPage();
      await observe(page, recorder);
      let intendedAt = this.now() + script.delaySeconds;
      for (const [index, path] of script.pages.entries()) {
        await sleep(Math.max(0, intendedAt - this.now()) * 1000);
        recorder.beginPage(index, intendedAt);
        const timing = await visit(page, originOf(script) + path);
        pageTimings.push({ page: index, url: path, intendedAt, ...timing });
        const settledAt = this.now();
        const end = Math.max(recorder.settlePage() ?? settledAt, timing.loadAt ?? 0);
        // The next page cannot be meant to start before this one is known to be there, which takes the quiet half-second.
        intendedAt = Math.max(settledAt, end + (script.thinkSeconds[index] ?? 0));
      }
    } catch (error) {
      fault = `the browser failed: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`;
    }
    await context?.close().catch(() => {}); // It is gone with a browser that was killed.
    return { transfers: recorder.finish(this.now()), pageTimings, fault };
  }

  async close(): Promise<void> {
    await this.browser.close().catch(() => {}); // A browser that was killed is closed.
    const late = setTimeout(() => this.running.kill(), endSeconds * 1000);
    await this.running.ended;
    clearTimeout(late);
  }

  /** Opens a page, so that no page of a session waits for what the browser starts with its first one. */
  private async warm(): Promise<void> {
    const context = await this.browser.newContext();
    await (await context.newPage()).goto('data:text/html,<p>warm</p>');
    await context.close();
  }
}

function originOf({ host, port }: BrowserServer): string {
  return new URL(`http://${host}:${port}`).origin;
}

/** Has everything recorded that the page requests. */
async function observe(page: Page, recorder: TransferRecorder): Promise<void> {
  const session = await page.context().newCDPSession(page);
  session.on('Network.requestWillBeSent', (event) => recorder.requestWillBeSent(event));
  session.on('Network.requestServedFromCache', (event) => recorder.requestServedFromCache(event));
  session.on('Network.responseReceived', (event) => recorder.responseReceived(event));
  session.on('Network.dataReceived', (event) => recorder.dataReceived(event));
  session.on('Network.loadingFinished', (event) => recorder.loadingFinished(event));
  session.on('Network.loadingFailed', (event) => recorder.loadingFailed(event));
  await session.send('Network.enable');
}

type Shown = Omit<PageTiming, 'page' | 'url' | 'intendedAt'>;

/**
 * Opens a page and waits until it has settled: loaded, and nothing requested for half a second. A page that fails or does
 * not settle in time is not an error: its transfers tell. Throws if the browser is gone.
 */
async function visit(page: Page, url: string): Promise<Shown> {
  const until = performance.now() + pageSeconds * 1000;
  const nothing: Shown = {
    domContentLoadedAt: null,
    loadAt: null,
    firstContentfulPaintAt: null,
    largestContentfulPaintAt: null,
  };
  try {
    await page.goto(url, { timeout: pageSeconds * 1000 });
    // Playwright takes 0 for no limit.
    await page.waitForLoadState('networkidle', { timeout: Math.max(1, until - performance.now()) });
  } catch (error) {
    const failure = error instanceof Error ? error : new Error(String(error));
    if (failure.message.includes('net::ERR_')) return nothing;
    if (failure.name !== 'TimeoutError') throw failure;
    await page.evaluate('window.stop()');
  }
  const { origin, ...shown } = (await page.evaluate(timingsProgram)) as Shown & { origin: string };
  // Where a page did not come in time or led elsewhere, what is shown may be the browser's own.
  return origin === new URL(url).origin ? shown : nothing;
}
