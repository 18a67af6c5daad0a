import { OPTION_PARAMETERS } from '../../../local-node/formats/guest-options';
import { privilegesOf } from '../../../local-node/formats/option-privileges';
import { callApi, rootHeaders, startTestNode, type TestNode } from '../test-node';

const CONFIG = '/nodes/pve/qemu/100/config';

let lab: TestNode;
let ann: { readonly authorization: string };

beforeEach(async () => {
  lab = await startTestNode();
  await callApi(lab, 'POST', '/access/users', { userid: 'ann@pve' });
  const made = await callApi(lab, 'POST', '/access/users/ann@pve/token/own', { privsep: '0' });
  ann = { authorization: `PVEAPIToken=ann@pve!own=${(made.data as { value: string }).value}` };
  const form = { vmid: '100', scsi0: 'local-lvm:1', ide2: 'none,media=cdrom', onboot: '0' };
  const { data } = await callApi(lab, 'POST', '/nodes/pve/qemu', form);
  await lab.node.tasks.wait(String(data), 30);
});

afterEach(() => lab.close());

async function grant(path: string, ...privileges: string[]): Promise<void> {
  const roleid = `Only-${path.replaceAll('/', '-')}`;
  await callApi(lab, 'POST', '/access/roles', { roleid });
  await callApi(lab, 'PUT', `/access/roles/${roleid}`, { privs: privileges.join(',') });
  await callApi(lab, 'PUT', '/access/acl', { path, roles: roleid, users: 'ann@pve' });
}

const change = (form: Readonly<Record<string, string>>, headers = ann) =>
  callApi(lab, 'PUT', CONFIG, form, headers);

test.each([
  ['cores', '2', 'VM.Config.CPU'],
  ['memory', '600', 'VM.Config.Memory'],
  ['scsihw', 'lsi', 'VM.Config.HWType'],
  ['kvm', '0', 'VM.Config.HWType'],
  ['acpi', '0', 'VM.Config.HWType'],
  ['boot', 'order=scsi0', 'VM.Config.Disk'],
  ['bios', 'ovmf', 'VM.Config.Options'],
  ['tags', 'a', 'VM.Config.Options'],
  ['net0', 'virtio,bridge=vmbr0', 'VM.Config.Network'],
  ['serial0', 'socket', 'VM.Config.HWType'],
  ['ide2', 'none,media=cdrom', 'VM.Config.CDROM'],
  ['ciuser', 'ann', 'VM.Config.Cloudinit'],
  ['ciuser', 'ann', 'VM.Config.Network'],
  ['ipconfig0', 'ip=dhcp', 'VM.Config.Cloudinit'],
])('%s=%s needs %s and nothing else', async (name, value, privilege) => {
  const others = ['CDROM', 'CPU', 'Cloudinit', 'Disk', 'HWType', 'Memory', 'Network', 'Options']
    .map((word) => `VM.Config.${word}`)
    .filter((other) => other !== privilege);
  const either = /^(ci|ipconfig)/.test(name) ? ['VM.Config.Cloudinit', 'VM.Config.Network'] : [];
  await grant('/vms/100', ...others.filter((other) => !either.includes(other)));
  const refused = await change({ [name]: value });
  expect(refused.status).toBe(403);
  expect(refused.reason).toContain(privilege);
  await grant('/vms/100', privilege);
  await grant('/sdn/zones/localnetwork/vmbr0', 'SDN.Use');
  expect((await change({ [name]: value })).status).toBe(200);
});

test('a CD-ROM drive becomes a disk, and a disk a CD-ROM drive, only with both privileges', async () => {
  await grant('/storage/local-lvm', 'Datastore.AllocateSpace');
  await grant('/vms/100', 'VM.Config.CDROM');
  expect((await change({ ide2: 'local-lvm:1' })).status).toBe(403);
  expect((await change({ scsi0: 'none,media=cdrom' })).status).toBe(403);
  expect((await change({ delete: 'scsi0' })).status).toBe(403);
  expect((await change({ delete: 'ide2' })).status).toBe(200);
});

test('what reaches the node itself is for root@pam alone, and not for its tokens', async () => {
  await grant('/vms/100', 'VM.Config.Options', 'VM.Config.HWType');
  const rootToken = { authorization: `PVEAPIToken=${lab.token}` };
  for (const headers of [ann, rootToken]) {
    const forms = { args: '-S', hookscript: 'local:snippets/a.sh', serial0: '/dev/ttyS0' };
    for (const [name, value] of Object.entries(forms)) {
      expect(await change({ [name]: value }, headers)).toMatchObject({
        status: 500,
        reason: `only root can set '${name}' config`,
      });
    }
    expect((await change({ delete: 'args' }, headers)).status).toBe(500);
    expect(await change({ onboot: '1', skiplock: '1' }, headers)).toMatchObject({
      status: 400,
      errors: { skiplock: 'Only root may use this option.' },
    });
  }
  const form = { args: '-S', skiplock: '1' };
  const headers = await rootHeaders(lab);
  expect((await callApi(lab, 'PUT', CONFIG, form, headers)).status).toBe(200);
});

test('a new guest needs the privileges of its options, on the guest or on its pool, but none for its drives', async () => {
  await grant('/storage/local-lvm', 'Datastore.AllocateSpace');
  await grant('/vms/101', 'VM.Allocate');
  const form = { vmid: '101', scsi0: 'local-lvm:1', cores: '2' };
  expect((await callApi(lab, 'POST', '/nodes/pve/qemu', form, ann)).status).toBe(403);
  await callApi(lab, 'POST', '/pools', { poolid: 'lab' });
  await grant('/pool/lab', 'VM.Config.CPU', 'VM.Allocate', 'Pool.Allocate');
  expect((await callApi(lab, 'POST', '/nodes/pve/qemu', { ...form, pool: 'lab' }, ann)).status).toBe(200);
});

test('a guest is connected to a bridge, at any time and by a clone, only by who may use the bridge', async () => {
  await grant('/vms', 'VM.Allocate', 'VM.Clone', 'VM.Config.Network', 'VM.Config.CPU');
  await grant('/storage/local-lvm', 'Datastore.AllocateSpace');
  await callApi(lab, 'PUT', CONFIG, { net0: 'virtio,bridge=vmbr0' });
  const net1 = 'virtio,bridge=vmbr0';
  const calls = [
    () => change({ net1 }),
    () => callApi(lab, 'POST', '/nodes/pve/qemu', { vmid: '101', net1 }, ann),
    () => callApi(lab, 'POST', '/nodes/pve/qemu/100/clone', { newid: '102' }, ann),
  ];
  for (const call of calls) {
    expect(await call()).toMatchObject({
      status: 403,
      reason: 'Permission check failed (/sdn/zones/localnetwork/vmbr0, SDN.Use)',
    });
  }
  await grant('/sdn/zones/localnetwork', 'SDN.Use');
  for (const call of calls) expect((await call()).status).toBe(200);
});

test('the order of starting needs the right to change the node too, and a larger disk its storage', async () => {
  await grant('/vms/100', 'VM.Config.Options', 'VM.Config.Disk');
  expect((await change({ startup: 'order=1' })).reason).toContain('(/, Sys.Modify)');
  const resize = () => callApi(lab, 'PUT', '/nodes/pve/qemu/100/resize', { disk: 'scsi0', size: '+1G' }, ann);
  expect((await resize()).reason).toContain('(/storage/local-lvm, Datastore.AllocateSpace)');
  await grant('/storage/local-lvm', 'Datastore.AllocateSpace');
  expect((await resize()).status).toBe(200);
});

test('every option has its privilege, or is known to be for root@pam alone', () => {
  const rootOnly = Object.keys(OPTION_PARAMETERS).filter((name) => !privilegesOf(name));
  const elsewhere = /^(ide|sata|scsi|virtio|unused|serial)\d+$/;
  expect(rootOnly.filter((name) => !elsewhere.test(name))).toEqual([
    'arch',
    'args',
    'hookscript',
    'lock',
    'rng0',
    'vmgenid',
  ]);
});

test('starting a guest right after its creation needs VM.PowerMgmt too', async () => {
  await grant('/vms/200', 'VM.Allocate');
  const create = (form: Readonly<Record<string, string>>) =>
    callApi(lab, 'POST', '/nodes/pve/qemu', { vmid: '200', ...form }, ann);
  expect((await create({ start: '1' })).status).toBe(403);
  await grant('/vms/200', 'VM.Allocate', 'VM.PowerMgmt');
  expect((await create({ start: '1' })).status).toBe(200);
});
