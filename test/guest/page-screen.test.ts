import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { readConnection, readTarget } from '../../config/load-target';
import { down, up } from '../../local-node/lifecycle';
import { makePageLink } from '../../local-node/page-link';
import { ApiClient } from '../../proxmox/api-client';
import { findCommand } from '../../setup/system-packages';
import { until } from '../local-node/page/browser/page-browser';
import { testUnless } from '../skip';

jest.setTimeout(180_000);

const stateDir = mkdtempSync(join(tmpdir(), 'page-screen-'));
const env: NodeJS.ProcessEnv = {
  ...process.env,
  ...{ LAB_NODE_STATE: stateDir, LAB_NODE_PORT: '0', LAB_NODE_SSH_PORT: '0' },
  ...{ XDG_DATA_HOME: join(stateDir, 'data'), PROXMOX_VE_ENDPOINT: undefined },
};

const lacking =
  (findCommand('chromium') ? undefined : 'chromium not installed') ??
  (findCommand('qemu-system-x86_64') ? undefined : 'QEMU not installed');

afterAll(() => down(env, { purge: true }));

testUnless(lacking)(
  'the screen of a real guest is drawn in the page of its node: what its BIOS says',
  async () => {
    await up(env, { engine: 'qemu', name: 'pve' });
    const connection = readConnection(env);
    if (!connection) throw new Error('the node is not up');
    const client = new ApiClient(readTarget({ LAB_NODE_STATE: stateDir }, 'pve'));
    const guest = { vmid: 501, name: 'bios', memory: 64, vga: 'std', serial0: 'socket' };
    await client.wait(await client.post('nodes/pve/qemu', guest));
    await client.wait(await client.post('nodes/pve/qemu/501/status/start'));
    await client.close();
    const browser = await chromium.launch({
      executablePath: findCommand('chromium') ?? '',
      args: ['--no-sandbox'],
    });
    try {
      const page = await browser.newPage({ ignoreHTTPSErrors: true });
      await page.goto((await makePageLink(connection)).url);
      await page.getByRole('link', { name: 'Guests' }).click();
      await page.getByRole('link', { name: 'bios' }).click();
      await page.getByRole('link', { name: 'Screen (VNC)' }).click();
      // Text mode of a VGA, with something in it that is not black.
      const drawn = `(() => {
      const canvas = document.querySelector('.stage canvas');
      if (!canvas || canvas.width !== 720) return false;
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, 200);
      return data.some((value, index) => index % 4 < 3 && value > 100);
    })()`;
      await until(page, drawn);
      await page.getByRole('link', { name: '← The guest' }).click();
      await page.getByRole('link', { name: 'Serial terminal' }).click();
      await page.getByText('starting serial terminal on interface serial0').waitFor();
    } finally {
      await browser.close();
    }
  },
);
