import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { loadTarget } from '../../config';
import { readDeployedLab } from '../../config/deployed-lab';
import { ApiClient } from '../../proxmox/api-client';
import { type Ended, LabCopy } from '../e2e/lab-copy';

/**
 * Plain `cdktf deploy` and `cdktf destroy` of two clones on one node, beside guests of other people. Each story goes on
 * where the one before ended.
 */
jest.setTimeout(180_000);

const first = new LabCopy(18_306, 18_322);
const second = new LabCopy(18_307, 18_323);
const shared = { LAB_NODE_STATE: first.state };
let node: ApiClient;

beforeAll(async () => {
  const up = await first.npm(['run', 'node', '--', 'up', '--engine', 'simulated']).ended;
  if (up.code !== 0) throw new Error(up.output);
  node = new ApiClient(
    loadTarget({ nodeName: 'pve' }, { ...process.env, ...shared, PROXMOX_VE_ENDPOINT: '' }),
  );
});

afterAll(async () => {
  await node?.close();
  await second.remove();
  await first.remove();
});

async function cdktf(
  copy: LabCopy,
  command: 'deploy' | 'destroy',
  environment: NodeJS.ProcessEnv = {},
): Promise<Ended> {
  const args = ['exec', '--', 'cdktf', command, '--auto-approve'];
  const { output, ...ended } = await copy.npm(args, { ...shared, ...environment }).ended;
  // One line of words: Terraform folds its errors in a frame.
  return { ...ended, output: stripVTControlCharacters(output).replace(/[\s│╷╵⠀-⣿]+/g, ' ') };
}

async function succeeds(copy: LabCopy, command: 'deploy' | 'destroy'): Promise<void> {
  const { code, output } = await cdktf(copy, command);
  if (code !== 0) throw new Error(`cdktf ${command} ended with ${code}: ... ${output.slice(-3000)}`);
}

function change(copy: LabCopy, ...replacements: readonly (readonly [string, string])[]): void {
  const file = join(copy.directory, 'lab.yaml');
  let text = readFileSync(file, 'utf8');
  for (const [from, to] of replacements) {
    if (!text.includes(from)) throw new Error(`lab.yaml has no ${from}`);
    text = text.replaceAll(from, to);
  }
  writeFileSync(file, text);
}

const deployed = (copy: LabCopy) => readDeployedLab(join(copy.directory, 'terraform.lab.tfstate'));
const tagOf = (copy: LabCopy): string => deployed(copy).identity?.tag ?? 'none';

interface Row {
  readonly vmid: number;
  readonly name: string;
  readonly tags?: string;
}
const guests = async (): Promise<Row[]> =>
  (await node.get<Row[]>(node.node('qemu')))
    .map(({ vmid, name, tags }) => ({ vmid, name, tags }))
    .sort((a, b) => a.vmid - b.vmid);
const disks = async (): Promise<string[]> =>
  (await node.get<{ volid: string }[]>(node.node('storage/local-lvm/content'))).map(({ volid }) => volid);
const files = async (): Promise<string[]> =>
  (await node.get<{ volid: string }[]>(node.node('storage/local/content'))).map(({ volid }) => volid);

/** A guest of somebody else. */
async function make(vmid: number, tags: string): Promise<void> {
  const form = { vmid, name: 'mail', tags, scsi0: 'local-lvm:1', memory: 512 };
  await node.wait(await node.post<string>(node.node('qemu'), form));
}

async function remove(vmid: number): Promise<void> {
  await node.wait(await node.post<string>(node.node(`qemu/${vmid}/status/stop`)));
  await node.wait(await node.delete<string>(node.node(`qemu/${vmid}`), { purge: 1 }));
}

test('a clone deploys: guests, files and bridges carry its identity', async () => {
  await succeeds(first, 'deploy');
  const tag = tagOf(first);
  expect(tag).toMatch(/^lab-[0-9a-f]{8}$/);
  expect((await guests()).map(({ name, tags }) => [name, tags?.split(';').includes(tag)])).toEqual([
    ['moodle', true],
    ['mediawiki', true],
    ['wordpress', true],
  ]);
  for (const file of await files()) expect(file).toContain(`/${tag}-`);
  const bridges = await node.get<{ iface: string; comments?: string }[]>(node.node('network'));
  expect(bridges.filter(({ comments }) => comments?.includes(tag)).map(({ iface }) => iface)).toEqual([
    'vmbr10',
    'vmbr20',
  ]);
});

test('a second clone with the same names and vmids is refused at its plan, and its destroy takes nothing', async () => {
  change(
    second,
    ['vmbr10', 'vmbr30'],
    ['vmbr20', 'vmbr40'],
    ['192.168.10.', '192.168.30.'],
    ['192.168.20.', '192.168.40.'],
  );
  const before = [await guests(), await files(), await disks()];
  const deploy = await cdktf(second, 'deploy');
  expect(deploy.code).not.toBe(0);
  expect(deploy.output).toContain('taken by guests that are not the lab');
  expect(deploy.output).toContain('VM 129 "wordpress" on node pve');
  expect(deploy.output).toContain('npm run doctor names free ones');
  expect(second.deployed()).toBe(0);
  const hook = ['exec', '--', 'tsx', 'stacks/hooks/refuse-foreign-guests.ts', '--tag', 'lab-ffffffff'];
  const refused = await second.npm(hook, shared).ended;
  expect(refused.code).not.toBe(0);
  expect(refused.output).toMatch(/VM 129 "wordpress" on node pve.* Free are for example 100-102\./s);
  await cdktf(second, 'destroy');
  expect([await guests(), await files(), await disks()]).toEqual(before);
});

test('with vmids and addresses of its own it stands beside the first, whose destroy leaves it whole', async () => {
  change(second, ['vmid: 129', 'vmid: 229'], ['vmid: 116', 'vmid: 216'], ['vmid: 128', 'vmid: 228']);
  await succeeds(second, 'deploy');
  expect(tagOf(second)).not.toBe(tagOf(first));
  const ofSecond = (await files()).filter((file) => file.includes(tagOf(second)));
  await succeeds(first, 'destroy');
  expect((await guests()).map(({ vmid }) => vmid)).toEqual([216, 228, 229]);
  expect(await files()).toEqual(ofSecond);
  await succeeds(second, 'destroy');
  expect([await guests(), await files()]).toEqual([[], []]);
});

test('a guest that was removed by hand is made again and waited for; so is a file, without its guest being replaced', async () => {
  await succeeds(first, 'deploy');
  await remove(116);
  const again = await cdktf(first, 'deploy');
  expect(again.code).toBe(0);
  expect(again.output).toMatch(/moodle: \d+ s: /);
  expect((await guests()).map(({ vmid }) => vmid)).toEqual([116, 128, 129]);

  const snippet = (await files()).find((file) => file.includes('-wordpress-')) ?? '';
  const before = await disks();
  await node.delete(node.node(`storage/local/content/${encodeURIComponent(snippet)}`));
  const back = await cdktf(first, 'deploy');
  expect(back.output).toContain('1 added, 0 changed, 0 destroyed');
  expect(await files()).toContain(snippet);
  expect(await disks()).toEqual(before);
});

test('guests are renamed, and exchange their vmids, in one deployment each', async () => {
  change(first, ['name: moodle', 'name: campus']);
  await succeeds(first, 'deploy');
  change(first, ['vmid: 129', 'vmid: 000'], ['vmid: 128', 'vmid: 129'], ['vmid: 000', 'vmid: 128']);
  await succeeds(first, 'deploy');
  expect((await guests()).map(({ vmid, name }) => [vmid, name])).toEqual([
    [116, 'campus'],
    [128, 'wordpress'],
    [129, 'mediawiki'],
  ]);
});

test('bridges are exchanged in one deployment', async () => {
  change(first, ['vmbr10', 'vmbr0x'], ['vmbr20', 'vmbr10'], ['vmbr0x', 'vmbr20']);
  await succeeds(first, 'deploy');
  const bridges = await node.get<{ iface: string; cidr?: string }[]>(node.node('network'));
  expect(bridges.find(({ iface }) => iface === 'vmbr20')?.cidr).toBe('192.168.10.1/24');
});

test('a deployed lab keeps its template until another one is asked for, which then replaces the guests', async () => {
  const images = async () => (await files()).filter((file) => file.startsWith('local:import/'));
  const before = [await images(), await guests()];
  const other = { MOODLE_SOURCE: 'https://moodle.example/moodle.tgz' };
  first.makeEmptyTemplate(other);
  const kept = await cdktf(first, 'deploy', other);
  expect(kept.output).toContain('The lab keeps the template that it was made of');
  expect(kept.output).toContain('0 added, 0 changed, 0 destroyed');
  expect([await images(), await guests()]).toEqual(before);
  const replaced = await cdktf(first, 'deploy', { ...other, LAB_NEW_TEMPLATE: 'yes' });
  expect(replaced.code).toBe(0);
  expect(await images()).toHaveLength(1);
  expect(await images()).not.toEqual(before[0]);
  expect(await guests()).toEqual(before[1]);
});

test("a guest of somebody else in the place of one of the lab's, which has the lab's name as its tag, is never touched", async () => {
  await remove(129);
  await make(129, 'lab');
  const before = await guests();
  for (const command of ['deploy', 'destroy'] as const) {
    const { code, output } = await cdktf(first, command);
    expect(code).not.toBe(0);
    expect(output).toContain('VM 129 "mail" on node pve');
    expect(output).toContain('terraform state rm -state=terraform.lab.tfstate');
    expect(await guests()).toEqual(before);
  }
  expect(await disks()).toContain('local-lvm:129/vm-129-disk-0.raw');

  // As the message says.
  const forget = deployed(first).guests.find(({ vmid }) => vmid === 129)?.address ?? '';
  const args = ['exec', '--', 'terraform', 'state', 'rm', '-state=terraform.lab.tfstate', forget];
  expect(await first.npm(args).ended).toMatchObject({ code: 0 });
  const stopped = await cdktf(first, 'deploy');
  expect(stopped.output).toContain('Give the guests other vmids');
  await succeeds(first, 'destroy');
  expect((await guests()).map(({ vmid, name }) => [vmid, name])).toEqual([[129, 'mail']]);
  expect(await disks()).toEqual(['local-lvm:129/vm-129-disk-0.raw']);
  expect(await files()).toEqual([]);
});

test('a lab whose state was lost is listed, and removed after its identity has been named', async () => {
  await succeeds(second, 'deploy');
  const tag = tagOf(second);
  for (const suffix of ['', '.backup', '.kept']) {
    rmSync(join(second.directory, `terraform.lab.tfstate${suffix}`), { force: true });
  }
  const orphans = (...args: string[]) => second.npm(['run', 'orphans', '--', ...args], shared).ended;
  const { output } = await orphans();
  expect(output).toContain(tag);
  expect(output).toContain('guest 229 (wordpress, running)');
  // Nobody can type it.
  expect((await orphans('--remove', tag)).code).toBe(2);
  expect(await guests()).toHaveLength(4);
  expect(await orphans('--remove', tag, '--yes')).toMatchObject({ code: 0 });
  expect((await guests()).map(({ vmid }) => vmid)).toEqual([129]);
  expect(await files()).toEqual([]);
});
