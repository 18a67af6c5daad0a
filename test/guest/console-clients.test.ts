import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import type { Target } from '../../config/target';
import { type ApiServer, listen } from '../../local-node/api/server';
import { QemuEngine } from '../../local-node/engine/qemu/qemu-engine';
import { NamespaceNetwork } from '../../local-node/namespace/bridges';
import { Namespace } from '../../local-node/namespace/namespace';
import { buildLocalNode, type LocalNode } from '../../local-node/node';
import { ApiClient } from '../../proxmox/api-client';
import { screenshot } from '../../proxmox/console/screenshot';
import { findCommand } from '../../setup/system-packages';
import { describeUnless } from '../skip';

jest.setTimeout(240_000);

const PASSWORD = 'a long password';
const NOVNC = join(require.resolve('@novnc/novnc'), '../..');
/** QEMU's, of a firmware that shows text. */
const TEXT_SCREEN = { width: 720, height: 400 };

/** The sector that is booted: it waits for a key (BIOS, int 16h), shows its letter (int 10h), and begins again. */
const ECHO = Buffer.alloc(512);
ECHO.set(Buffer.from('b400cd16b40ecd10ebf6', 'hex'));
ECHO.set([0x55, 0xaa], 510);

describeUnless(findCommand('chromium') ? undefined : 'chromium not installed')(
  'the screen of a real guest',
  () => {
    let stateDir: string;
    let node: LocalNode;
    let server: ApiServer;
    let client: ApiClient;
    let browser: Browser;
    let context: BrowserContext;
    let page: Page;

    beforeAll(async () => {
      stateDir = mkdtempSync(join(tmpdir(), 'consoles-'));
      const namespace = await Namespace.ensure(stateDir);
      const network = new NamespaceNetwork(namespace);
      const engine = await QemuEngine.create({ stateDir, namespace });
      node = buildLocalNode({ stateDir, nodeName: 'pve', engine, network, rootPassword: PASSWORD });
      await node.start();
      server = await listen(node, { port: 0 });
      const target: Target = {
        kind: 'local',
        endpoint: server.endpoint,
        nodeName: 'pve',
        credentials: { kind: 'password', username: 'root@pam', password: PASSWORD },
        insecure: true,
        ssh: { host: '127.0.0.1', port: 1, username: 'root' },
      };
      client = new ApiClient(target);
      const config = {
        vmid: 100,
        name: 'echo',
        memory: 64,
        vga: 'std',
        ide0: 'local-lvm:1',
        boot: 'order=ide0',
      };
      await client.wait(await client.post('nodes/pve/qemu', config));
      const disk = join(stateDir, 'storage/local-lvm/images/100/vm-100-disk-0.raw');
      writeFileSync(disk, ECHO, { flag: 'r+' });
      await client.wait(await client.post('nodes/pve/qemu/100/status/start'));
      browser = await chromium.launch({
        executablePath: findCommand('chromium') ?? '',
        args: ['--no-sandbox'],
      });
    });
    afterAll(async () => {
      await browser?.close();
      await client?.close();
      await node?.engine.stop(100);
      await server?.close();
      await node?.close();
      await Namespace.remove(stateDir);
      rmSync(stateDir, { recursive: true, force: true });
    });

    beforeEach(async () => {
      context = await browser.newContext({ ignoreHTTPSErrors: true });
      page = await context.newPage();
      // noVNC's own files, at the node's address as on Proxmox VE. The page itself is an answer of the node: what
      // comes from nowhere may not connect to this machine.
      await page.route(`${server.endpoint}/novnc/**`, (route) => {
        const path = new URL(route.request().url()).pathname.replace('/novnc/', '');
        return route.fulfill({ contentType: 'text/javascript', body: readFileSync(join(NOVNC, path)) });
      });
      const { ticket } = await client.post<{ ticket: string }>('access/ticket', {
        username: 'root@pam',
        password: PASSWORD,
      });
      await context.addCookies([
        { name: 'PVEAuthCookie', value: encodeURIComponent(ticket), url: server.endpoint, secure: true },
      ]);
      await page.goto(`${server.endpoint}/api2/json/version`);
      await page.evaluate(`document.body.innerHTML = '<div id="screen"></div>'`);
    });
    afterEach(async () => {
      await context.close();
    });

    /** Connects noVNC with a ticket for the guest's screen, and returns what it says first: connect, or why not. */
    async function connect(password?: string): Promise<string> {
      const offer = await client.post<{ port: string; ticket: string; password: string }>(
        'nodes/pve/qemu/100/vncproxy',
        { websocket: true, 'generate-password': true },
      );
      const query = new URLSearchParams({ port: offer.port, vncticket: offer.ticket });
      const path = `/api2/json/nodes/pve/qemu/100/vncwebsocket?${query}`;
      return page.evaluate<string>(`(async () => {
      const { default: RFB } = await import('/novnc/core/rfb.js');
      const url = location.origin.replace('https', 'wss') + ${JSON.stringify(path)};
      const credentials = { password: ${JSON.stringify(password ?? offer.password)} };
      window.rfb = new RFB(document.getElementById('screen'), url, { credentials, wsProtocols: ['binary'] });
      return new Promise((resolve) => {
        rfb.addEventListener('connect', () => resolve('connect'));
        rfb.addEventListener('securityfailure', ({ detail }) => resolve(detail.reason ?? 'refused'));
        rfb.addEventListener('disconnect', ({ detail }) => resolve(detail.clean ? 'left' : 'lost'));
      });
    })()`);
    }

    /** How many pixels of noVNC's picture are not those of a PNG; NaN while the sizes differ. */
    function differences(png: Buffer): Promise<number> {
      return page.evaluate<number>(`(async () => {
      const image = new Image();
      image.src = 'data:image/png;base64,${png.toString('base64')}';
      await image.decode();
      const canvas = document.querySelector('#screen canvas');
      if (canvas.width !== image.width || canvas.height !== image.height) return NaN;
      const other = new OffscreenCanvas(image.width, image.height).getContext('2d');
      other.drawImage(image, 0, 0);
      const all = [0, 0, image.width, image.height];
      const [one, two] = [canvas.getContext('2d').getImageData(...all).data, other.getImageData(...all).data];
      let count = 0;
      for (let at = 0; at < one.length; at += 4) {
        if (one[at] !== two[at] || one[at + 1] !== two[at + 1] || one[at + 2] !== two[at + 2]) count++;
      }
      return count;
    })()`);
    }

    /** Pixels that are lit. */
    const LIT = `(() => {
    const canvas = document.querySelector('#screen canvas');
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    return data.filter((value, at) => at % 4 === 0 && value > 99).length;
  })()`;

    test('is shown by noVNC in a browser, and is the one that the lab keeps of a failed boot', async () => {
      expect(await connect()).toBe('connect');
      await page.waitForFunction(`${LIT} > 500`);
      const canvas = page.locator('#screen canvas');
      expect(
        await canvas.evaluate(
          '({ width: document.querySelector("#screen canvas").width, height: document.querySelector("#screen canvas").height })',
        ),
      ).toEqual(TEXT_SCREEN);
      const kept = await screenshot(client, { vmid: 100, node: 'pve' });
      // A cursor blinks.
      expect(await differences(kept)).toBeLessThan(100);
    });

    test('shows what is typed in noVNC', async () => {
      expect(await connect()).toBe('connect');
      await page.waitForFunction(`${LIT} > 500`);
      const before = await page.evaluate<number>(LIT);
      await page.locator('#screen canvas').click();
      await page.keyboard.type('WWWWWWWWWWWWWWWWWWWW', { delay: 50 });
      // 20 letters of 40 pixels each and more.
      await page.waitForFunction(`${LIT} > ${before + 600}`);
    });

    test('is refused to a noVNC with another password', async () => {
      expect(await connect('letmein8')).toMatch(/authentication failed/i);
    });
  },
);
