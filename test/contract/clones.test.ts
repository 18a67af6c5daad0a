import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadTarget } from '../../config';
import { readDeployedLab } from '../../config/deployed-lab';
import { ApiClient } from '../../proxmox/api-client';
import { LabCopy } from '../e2e/lab-copy';

/** A lab whose guests are clones, or have disks of their own kind, deployed by the real provider. Each story goes on where the one before ended. */
jest.setTimeout(240_000);

const UNCHANGED = /No changes\.|0 to add, 0 to change, 0 to destroy|0 added, 0 changed, 0/;
const lab = new LabCopy(19_006, 19_012);
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

function write(change: (text: string) => string): void {
  const file = join(lab.directory, 'lab.yaml');
  writeFileSync(file, change(readFileSync(file, 'utf8')));
}

interface Row {
  readonly vmid: number;
  readonly template?: number;
  readonly status: string;
}
const guests = async () => (await node.get<Row[]>(node.node('qemu'))).sort((a, b) => a.vmid - b.vmid);
const disks = async () =>
  (await node.get<{ volid: string }[]>(node.node('storage/local-lvm/content')))
    .map(({ volid }) => volid)
    .filter((volid) => !volid.includes('cloudinit'))
    .sort();

test('guests are made as linked clones of one VM template, and run', async () => {
  write((text) =>
    text.replace('source: template', 'source: template\n  deploy: linked-clone\n  templateVmid: 9000'),
  );
  await cdktf('deploy');
  expect((await guests()).map(({ vmid, template, status }) => [vmid, template ?? 0, status])).toEqual([
    [116, 0, 'running'],
    [128, 0, 'running'],
    [129, 0, 'running'],
    [9000, 1, 'stopped'],
  ]);
  const base = 'local-lvm:9000/base-9000-disk-0.qcow2';
  expect(await disks()).toEqual([
    base,
    ...[116, 128, 129].map((vmid) => `${base}/${vmid}/vm-${vmid}-disk-0.qcow2`),
  ]);
  const tag = readDeployedLab(join(lab.directory, 'terraform.lab.tfstate')).identity?.tag;
  const config = await node.get<{ tags: string }>(node.node('qemu/9000/config'));
  expect(config.tags.split(';')).toContain(tag);
});

test('deployed again, nothing changes', async () => {
  expect(await cdktf('deploy')).toMatch(
    /No changes\.|0 to add, 0 to change, 0 to destroy|0 added, 0 changed, 0/,
  );
});

test('the VM template cannot be removed while guests stand on it', async () => {
  const task = await node.delete<string>(node.node('qemu/9000'));
  await expect(node.wait(task)).rejects.toThrow(
    /base volume 'local-lvm:9000\/base-9000-disk-0\.qcow2' is still in use by linked clones?/,
  );
  expect((await guests()).map(({ vmid }) => vmid)).toContain(9000);
});

test('full clones take the place of linked ones, of the same template', async () => {
  write((text) => text.replace('deploy: linked-clone', 'deploy: full-clone'));
  await cdktf('deploy');
  expect(await disks()).toEqual([
    ...[116, 128, 129].map((vmid) => `local-lvm:${vmid}/vm-${vmid}-disk-0.qcow2`),
    'local-lvm:9000/base-9000-disk-0.qcow2',
  ]);
});

test('a destroy takes the VM template away with its clones', async () => {
  await cdktf('destroy');
  expect([await guests(), await disks()]).toEqual([[], []]);
});

test('imported disks are made as lab.yaml says, and deployed again nothing changes', async () => {
  const options = 'cache: none, format: raw, discard: ignore, iothread: true, aio: native';
  write((text) =>
    text.replace('deploy: full-clone', 'deploy: import').replace('diskGiB: 10,', `diskGiB: 10, ${options},`),
  );
  await cdktf('deploy');
  const { scsi0 } = await node.get<{ scsi0: string }>(node.node('qemu/129/config'));
  expect(scsi0).toMatch(/^local-lvm:129\/vm-129-disk-0\.raw,/);
  expect(scsi0.split(',')).toEqual(
    expect.arrayContaining(['aio=native', 'cache=none', 'discard=ignore', 'iothread=1']),
  );
  const other = await node.get<{ scsi0: string }>(node.node('qemu/116/config'));
  expect(other.scsi0.split(',')).toEqual(expect.arrayContaining(['cache=unsafe', 'discard=on']));
  expect(await cdktf('deploy')).toMatch(UNCHANGED);
  await cdktf('destroy');
});
