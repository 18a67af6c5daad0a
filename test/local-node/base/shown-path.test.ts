import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readTarget } from '../../../config/load-target';
import { shownStorages } from '../../../local-node/base/shown-path';
import { down, up } from '../../../local-node/lifecycle';
import { ApiClient } from '../../../proxmox/api-client';
import { NodeShell } from '../../../proxmox/node-shell';

/** The node is a process of its own, which these tests start and kill. */
jest.setTimeout(60_000);

const parent = mkdtempSync(join(tmpdir(), 'shown-path-'));
const stateDir = join(parent, "Ada's lab (Köln) $HOME");
const env = {
  ...process.env,
  LAB_NODE_STATE: stateDir,
  LAB_NODE_PORT: '0',
  LAB_NODE_SSH_PORT: '0',
  XDG_DATA_HOME: join(parent, 'data'),
};

beforeAll(() => {
  mkdirSync(stateDir);
});
afterAll(async () => {
  await down(env, { purge: true });
  rmSync(parent, { recursive: true, force: true });
});

test('the storages of a state directory whose path a shell takes apart have another, which the node knows', async () => {
  await up(env, { engine: 'simulated', name: 'pve' });
  const target = readTarget({ LAB_NODE_STATE: stateDir }, 'pve');
  const client = new ApiClient(target);
  const shell = await NodeShell.connect(target.ssh);
  try {
    const { path } = await client.get<{ path: string }>('storage/local');
    // As the Terraform provider does it, which quotes nothing.
    await shell.run(['bash', '-c', `tee ${path}/snippets/guest.yaml`], { stdin: 'hostname: guest\n' });
    expect(readFileSync(join(stateDir, 'storage/local/snippets/guest.yaml'), 'utf8')).toContain('guest');
    const row = await client.get<{ path: string }>(
      client.node('storage/local/content/local:snippets/guest.yaml'),
    );
    expect(row.path).toBe(`${path}/snippets/guest.yaml`);
  } finally {
    shell.close();
    await client.close();
  }
});

test('any other state directory shows its storages by their own path', () => {
  expect(shownStorages('/home/jörg/lab-2/.lab/node', '/run/x')).toBe('/home/jörg/lab-2/.lab/node/storage');
  expect(shownStorages('/home/my lab', '/run/x')).toBe('/run/x');
});
