import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { loadTarget } from '../../config';
import { readDeployedLab } from '../../config/deployed-lab';
import { ApiClient } from '../../proxmox/api-client';
import { LabCopy } from '../e2e/lab-copy';

/** A lab whose guests are containers, deployed by the real provider. Each story goes on where the one before ended. */
jest.setTimeout(240_000);

const lab = new LabCopy(19_226, 13_226);
let node: ApiClient;

beforeAll(async () => {
  const up = await lab.npm(['run', 'node', '--', 'up', '--engine', 'simulated']).ended;
  if (up.code !== 0) throw new Error(up.output);
  const environment = { ...process.env, LAB_NODE_STATE: lab.state, PROXMOX_VE_ENDPOINT: '' };
  node = new ApiClient(loadTarget({ nodeName: 'pve' }, environment));
});

afterAll(async () => {
  await node?.close();
  await lab.remove();
});

const cdktf = async (command: 'deploy' | 'destroy') =>
  lab.npm(['exec', '--', 'cdktf', command, '--auto-approve']).ended;

async function deployed(): Promise<string> {
  const { code, output } = await cdktf('deploy');
  if (code !== 0) throw new Error(`cdktf deploy ended with ${code}: ... ${output.slice(-3000)}`);
  return output;
}

function write(change: (text: string) => string): void {
  const file = join(lab.directory, 'lab.yaml');
  writeFileSync(file, change(readFileSync(file, 'utf8')));
}

const statuses = async (type: 'qemu' | 'lxc') =>
  (await node.get<{ vmid: number; status: string }[]>(node.node(type)))
    .map(({ vmid, status }) => `${vmid} ${status}`)
    .sort();
const settings = (vmid: number) => node.get<Record<string, unknown>>(node.node(`lxc/${vmid}/config`));

test('one virtual machine and two containers are deployed side by side, and all are waited for', async () => {
  write((text) =>
    text
      .replace('role: moodle,', 'role: moodle, kind: container,')
      .replace('role: mediawiki,', 'role: mediawiki, kind: container,'),
  );
  const output = await deployed();
  for (const name of ['wordpress', 'moodle', 'mediawiki']) expect(output).toContain(`${name}: `);
  expect(await statuses('qemu')).toEqual(['129 running']);
  expect(await statuses('lxc')).toEqual(['116 running', '128 running']);
  const tag = readDeployedLab(join(lab.directory, 'terraform.lab.tfstate')).identity?.tag;
  expect(await settings(116)).toMatchObject({
    tags: expect.stringContaining(`${tag}`),
    unprivileged: 1,
    hostname: 'moodle',
  });
});

test('deployed again, nothing changes', async () => {
  expect(await deployed()).toMatch(/No changes\.|0 to add, 0 to change, 0 to destroy|0 added, 0 changed, 0/);
});

test('one that was stopped is started by the next deployment, as it is', async () => {
  await node.wait(await node.post<string>(node.node('lxc/116/status/stop')));
  expect(await deployed()).toContain('1 to change');
  expect(await statuses('lxc')).toEqual(['116 running', '128 running']);
});

test('another address makes another container, which starts with its own data', async () => {
  const before = await settings(128);
  write((text) => text.replace('192.168.10.28', '192.168.10.38'));
  await deployed();
  const after = await settings(128);
  expect([before.net0, after.net0]).toEqual([
    expect.stringContaining('ip=192.168.10.28/24'),
    expect.stringContaining('ip=192.168.10.38/24'),
  ]);
  expect(await statuses('lxc')).toEqual(['116 running', '128 running']);
});

test('a guest is not turned into the other kind while it is deployed: the plan stops, and says what to do', async () => {
  write((text) => text.replace('role: moodle, kind: container,', 'role: moodle,'));
  const { code, output } = await cdktf('deploy');
  expect(code).not.toBe(0);
  const said = stripVTControlCharacters(output).replaceAll('│', ' ').replace(/\s+/g, ' ');
  expect(said).toMatch(
    /deployed as containers, .* wants VMs: 116 moodle.*Destroy them first: npx cdktf destroy/,
  );
  expect(await statuses('lxc')).toEqual(['116 running', '128 running']);
});

test('a destroy takes all of it away, whatever lab.yaml says by then', async () => {
  expect((await cdktf('destroy')).code).toBe(0);
  expect(await statuses('lxc')).toEqual([]);
  expect(await statuses('qemu')).toEqual([]);
  const files = await node.get<unknown[]>(node.node('storage/local/content'));
  expect(files).toEqual([]);
});
