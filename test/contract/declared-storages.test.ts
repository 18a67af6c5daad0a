import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadTarget } from '../../config';
import { ApiClient } from '../../proxmox/api-client';
import { LabCopy } from '../e2e/lab-copy';

/** A lab that keeps all it has on a storage which it declares, deployed by the real provider. */
jest.setTimeout(400_000);

const lab = new LabCopy(19_007, 19_013);
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

async function cdktf(command: 'deploy' | 'destroy'): Promise<string> {
  const { code, output } = await lab.npm(['exec', '--', 'cdktf', command, '--auto-approve']).ended;
  if (code !== 0) throw new Error(`cdktf ${command} ended with ${code}: ... ${output.slice(-3000)}`);
  return output;
}

const storages = async () =>
  (await node.get<{ storage: string }[]>('storage')).map(({ storage }) => storage).sort();

test('guests, images and snippets lie on a storage that the lab makes, and nothing changes afterwards', async () => {
  const file = join(lab.directory, 'lab.yaml');
  const text = readFileSync(file, 'utf8')
    .replace(/^storage:\n(?: {2}.*\n)+/m, 'storage: { disks: fast, images: fast, snippets: fast }\n')
    .replace(
      /^networks:/m,
      'storages:\n  fast: { type: directory, content: [images, import, snippets] }\n\nnetworks:',
    );
  writeFileSync(file, text);
  await cdktf('deploy');
  expect(await storages()).toEqual(['fast', 'local', 'local-lvm']);
  const content = await node.get<{ volid: string }[]>(node.node('storage/fast/content'));
  expect(content.map(({ volid }) => volid)).toEqual(
    expect.arrayContaining([
      'fast:129/vm-129-disk-0.qcow2',
      expect.stringMatching(/^fast:import\/lab-.*-template-/),
      expect.stringMatching(/^fast:snippets\/lab-.*-wordpress/),
    ]),
  );
  for (const own of ['local', 'local-lvm']) {
    expect(await node.get(node.node(`storage/${own}/content`))).toEqual([]);
  }
  expect(await cdktf('deploy')).toMatch(
    /No changes\.|0 to add, 0 to change, 0 to destroy|0 added, 0 changed, 0/,
  );
});

test('a destroy takes the storage away, and leaves what somebody else has put there', async () => {
  const theirs = join(lab.state, 'storage/fast/snippets/theirs.yaml');
  writeFileSync(theirs, 'mine\n');
  await cdktf('destroy');
  expect(await storages()).toEqual(['local', 'local-lvm']);
  expect(existsSync(theirs)).toBe(true);
});
