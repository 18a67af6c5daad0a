import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Duplex, duplexPair } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { type ApiServer, listen } from '../../../../local-node/api/server';
import { systemClock } from '../../../../local-node/base/clock';
import { findCommand } from '../../../../setup/system-packages';
import { callApi, PASSWORD, startTestNode, type TestNode } from '../../test-node';

export const lacking = findCommand('chromium') ? undefined : 'chromium not installed';

/** A node with simulated guests that a browser can reach, and what the browser said against its page. */
export interface PageLab {
  readonly node: TestNode;
  readonly server: ApiServer;
  /** A new window, which `prepare` gets before it is at the page. What goes wrong in it is in `complaints`. */
  open(
    path?: string,
    options?: BrowserContextOptions,
    prepare?: (page: Page) => Promise<void>,
  ): Promise<Page>;
  /** The same, logged in by a link. */
  logIn(options?: BrowserContextOptions): Promise<Page>;
  /** An address that logs in once. */
  link(): string;
  /** Errors of scripts, what the page's policy refused, and what went to other hosts. */
  readonly complaints: string[];
  close(): Promise<void>;
}

export async function startPageLab(): Promise<PageLab> {
  const node = await startTestNode({ rootPassword: PASSWORD, clock: systemClock });
  const server = await listen(node.node, { port: 0 });
  const browser: Browser = await chromium.launch({
    executablePath: findCommand('chromium') ?? '',
    args: ['--no-sandbox'],
  });
  const complaints: string[] = [];
  const open: PageLab['open'] = async (path = '/', options = {}, prepare = async () => {}) => {
    const context = await browser.newContext({ ignoreHTTPSErrors: true, ...options });
    const page = await context.newPage();
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    page.on('pageerror', (fault) => complaints.push(String(fault)));
    page.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith(server.endpoint) && !url.startsWith('data:')) complaints.push(`asked ${url}`);
    });
    await prepare(page);
    await page.goto(`${server.endpoint}${path}`);
    return page;
  };
  const link = () => `/#login=${node.node.access.links.make('root@pam')}`;
  return {
    ...{ node, server, open, link, complaints },
    logIn: async (options) => {
      const page = await open(link(), options);
      await page.getByRole('heading', { name: 'pve' }).waitFor();
      return page;
    },
    close: async () => {
      await browser.close();
      await server.close();
      await node.close();
    },
  };
}

/** Makes a guest; its description and configuration as a lab would have them. */
export async function makeGuest(node: TestNode, vmid: number, name: string): Promise<void> {
  const form = { vmid: String(vmid), name, memory: '1024', cores: '2', vga: 'std', serial0: 'socket' };
  const { data } = await callApi(node, 'POST', '/nodes/pve/qemu', form);
  await node.node.tasks.wait(String(data), 10);
}

/** Makes a container that runs. */
export async function makeContainer(node: TestNode, vmid: number, hostname: string): Promise<void> {
  const templates = join(node.node.stateDir, 'storage/local/template/cache');
  mkdirSync(templates, { recursive: true });
  writeFileSync(join(templates, 'mini.tar.zst'), 'a simulated template');
  const form = { ostemplate: 'local:vztmpl/mini.tar.zst', hostname, memory: '1024', cores: '2', start: '1' };
  const { data } = await callApi(node, 'POST', '/nodes/pve/lxc', {
    ...{ ...form, vmid: String(vmid), rootfs: 'local-lvm:4' },
  });
  await node.node.tasks.wait(String(data), 10);
}

export async function startGuest(node: TestNode, vmid: number): Promise<void> {
  const { data } = await callApi(node, 'POST', `/nodes/pve/qemu/${vmid}/status/start`);
  await node.node.tasks.wait(String(data), 10);
}

/** Gives the simulated guests of a node consoles; `ends` are the guests' own sides of them. */
export function giveConsoles(
  { node }: TestNode,
  kind: 'screen' | 'serial',
  serve: (guest: Duplex, password: string) => void,
): void {
  jest.spyOn(node.engine, kind).mockImplementation(async (_vmid: number, password = '') => {
    const [near, far] = duplexPair();
    serve(far, password);
    return near;
  });
}

/** Waits until an expression is true in the page, whose policy does not let Playwright's own waiting in. */
export async function until(page: Page, expression: string): Promise<void> {
  while (!(await page.evaluate<boolean>(expression))) await sleep(50);
}
