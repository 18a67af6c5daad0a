import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { loadTarget } from '../../config';
import { readDeployedLab } from '../../config/deployed-lab';
import { ApiClient } from '../../proxmox/api-client';
import { LabCopy } from '../e2e/lab-copy';

/**
 * A lab that was deployed before labs had identities. fixtures/before-identities.tfstate.json is the state that the last
 * such version left of a lab with one guest, its files' texts cut out; what that lab has on the node is made by hand.
 */
jest.setTimeout(240_000);

const TEMPLATE = 'lab-template-30728872ee59e123.qcow2';
const USER_DATA = 'lab-wordpress-62fc321d5fe3.yaml';
const VENDOR_DATA = 'lab-role-wordpress-9c9a8a77fa51.yaml';

const copy = new LabCopy(18_309, 18_325);
const stateFile = join(copy.directory, 'terraform.lab.tfstate');
let node: ApiClient;

beforeAll(async () => {
  const up = await copy.npm(['run', 'node', '--', 'up', '--engine', 'simulated']).ended;
  if (up.code !== 0) throw new Error(up.output);
  node = new ApiClient(
    loadTarget({ nodeName: 'pve' }, { ...process.env, LAB_NODE_STATE: copy.state, PROXMOX_VE_ENDPOINT: '' }),
  );
  const lab = join(copy.directory, 'lab.yaml');
  writeFileSync(lab, readFileSync(lab, 'utf8').replace(/^.*name: (moodle|mediawiki),.*\n/gm, ''));
  copyFileSync(join(__dirname, 'fixtures/before-identities.tfstate.json'), stateFile);
  await makeOldLab();
});

afterAll(async () => {
  await node?.close();
  await copy.remove();
});

async function makeOldLab(): Promise<void> {
  const networks = {
    vmbr10: ['servers', '192.168.10.1/24'],
    vmbr20: ['clients', '192.168.20.1/24'],
  } as const;
  for (const [iface, [name, cidr]] of Object.entries(networks)) {
    const form = { iface, type: 'bridge', autostart: true, cidr, comments: `lab: ${name}` };
    await node.post(node.node('network'), form);
  }
  await node.wait(await node.put<string>(node.node('network')));
  const storage = join(copy.state, 'storage/local');
  for (const kind of ['import', 'snippets']) mkdirSync(join(storage, kind), { recursive: true });
  execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', join(storage, 'import', TEMPLATE), '64M']);
  for (const name of [USER_DATA, VENDOR_DATA])
    writeFileSync(join(storage, 'snippets', name), '#cloud-config\n');
  const guest = {
    ...{ vmid: 129, name: 'wordpress', tags: 'lab;wordpress', memory: 1024, cores: 1, cpu: 'host' },
    ...{ scsihw: 'virtio-scsi-single', boot: 'order=scsi0', serial0: 'socket', ostype: 'l26', onboot: false },
    description: 'wordpress of the virtualization lab',
    agent: 'enabled=1,fstrim_cloned_disks=0,type=virtio',
    scsi0: `local-lvm:0,import-from=local:import/${TEMPLATE}`,
    ide2: 'local-lvm:cloudinit',
    citype: 'nocloud',
    cicustom: `user=local:snippets/${USER_DATA},vendor=local:snippets/${VENDOR_DATA}`,
    ipconfig0: 'gw=192.168.10.1,ip=192.168.10.29/24',
    net0: 'virtio=02:4C:00:00:00:81,bridge=vmbr10,firewall=0',
  };
  await node.wait(await node.post<string>(node.node('qemu'), guest));
  await node.wait(await node.put<string>(node.node('qemu/129/resize'), { disk: 'scsi0', size: '10G' }));
  await node.wait(await node.post<string>(node.node('qemu/129/status/start')));
}

async function cdktf(command: 'deploy' | 'destroy', environment: NodeJS.ProcessEnv = {}) {
  const { code, output } = await copy.npm(['exec', '--', 'cdktf', command, '--auto-approve'], environment)
    .ended;
  return {
    code,
    output: stripVTControlCharacters(output)
      .replace(/[\s│╷╵]+/g, ' ')
      .slice(-6000),
  };
}

async function onNode() {
  const guests = await node.get<{ vmid: number; tags?: string }[]>(node.node('qemu'));
  const files = await node.get<{ volid: string }[]>(node.node('storage/local/content'));
  const networks = await node.get<{ iface: string; comments?: string }[]>(node.node('network'));
  return {
    guests: guests.map(({ vmid, tags }) => `${vmid} ${tags}`),
    files: files.map(({ volid }) => volid.split('/')[1] ?? '').sort(),
    bridges: networks.flatMap(({ iface, comments }) =>
      iface.startsWith('vmbr') ? [`${iface} ${comments?.trim()}`] : [],
    ),
  };
}

test('it is refused until taking over is asked for, and nothing of it is touched', async () => {
  const before = await onNode();
  expect(before.guests).toEqual(['129 lab;wordpress']);
  for (const command of ['deploy', 'destroy'] as const) {
    const { code, output } = await cdktf(command);
    expect({ code, output }).not.toMatchObject({ code: 0 });
    expect(output).toContain('VM 129 wordpress');
    expect(output).toContain('LAB_TAKE_OVER=yes');
  }
  expect(await onNode()).toEqual(before);
});

test("a stranger's VM in its place is not taken over either", async () => {
  await node.put(node.node('qemu/129/config'), { tags: 'mail' });
  const before = await onNode();
  const { code, output } = await cdktf('deploy', { LAB_TAKE_OVER: 'yes' });
  expect({ code, output }).not.toMatchObject({ code: 0 });
  expect(await onNode()).toEqual(before);
  await node.put(node.node('qemu/129/config'), { tags: 'lab;wordpress' });
});

/** As the provider does where it cannot read the storage's list for a moment. */
function loseFiles(): void {
  const state = JSON.parse(readFileSync(stateFile, 'utf8')) as { resources: { type: string }[] };
  const resources = state.resources.filter(({ type }) => type !== 'proxmox_virtual_environment_file');
  writeFileSync(stateFile, JSON.stringify({ ...state, resources }));
}

test('taken over once, it carries an identity, and is a lab as any other from then on, which takes along files that Terraform has lost', async () => {
  const taken = await cdktf('deploy', { LAB_TAKE_OVER: 'yes' });
  if (taken.code !== 0) throw new Error(taken.output.replace(/^.*?(?=Error: )/, ''));
  const tag = readDeployedLab(stateFile).identity?.tag ?? 'none';
  const now = await onNode();
  expect(now.guests).toEqual([`129 lab;${tag};wordpress`]);
  for (const name of now.files) expect(name.startsWith(tag)).toBe(true);
  for (const bridge of now.bridges) expect(bridge).toContain(tag);
  const again = await cdktf('deploy');
  expect(again).toMatchObject({ code: 0, output: expect.stringContaining('No changes') });
  loseFiles();
  expect((await onNode()).files).not.toEqual([]);
  expect(await cdktf('destroy')).toMatchObject({ code: 0 });
  expect(await onNode()).toEqual({ guests: [], files: [], bridges: [] });
});
