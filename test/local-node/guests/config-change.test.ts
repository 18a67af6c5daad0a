import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { callApi, rootHeaders, startTestNode, type TestNode } from '../test-node';

const CONFIG = '/nodes/pve/qemu/100/config';

let lab: TestNode;

beforeEach(async () => {
  lab = await startTestNode();
  await callApi(lab, 'POST', '/nodes/pve/network', { iface: 'vmbr0', type: 'bridge', autostart: '1' });
  await done(await callApi(lab, 'PUT', '/nodes/pve/network'));
  const form = { vmid: '100', scsi0: 'local-lvm:1', scsi1: 'local-lvm:1', net0: 'virtio,bridge=vmbr0' };
  await done(await callApi(lab, 'POST', '/nodes/pve/qemu', form));
});

afterEach(() => lab.close());

async function done({ data }: { readonly data: unknown }): Promise<string | undefined> {
  return (await lab.node.tasks.wait(String(data), 30)).exitStatus;
}

const change = (form: Readonly<Record<string, string>>) => callApi(lab, 'PUT', CONFIG, form);

async function config(): Promise<Record<string, unknown>> {
  return (await callApi(lab, 'GET', `${CONFIG}?current=1`)).data as Record<string, unknown>;
}

describe('a change of a configuration', () => {
  test.each([
    [{ cores: '2', delete: 'cores' }, 'delete', "you can't use '-cores' and -delete cores' at the same time"],
    [{ cores: '2', revert: 'cores' }, 'delete', "you can't use '-cores' and -revert cores' at the same time"],
    [
      { delete: 'cores', revert: 'cores' },
      'revert',
      "you can't use '-delete cores' and -revert cores' at the same time",
    ],
    [{ revert: 'nonsense' }, 'revert', "unknown option 'nonsense'"],
    [{ delete: 'nonsense' }, 'delete', "unknown option 'nonsense'"],
  ])('that contradicts itself is refused: %j', async (form, name, message) => {
    expect(await change(form)).toMatchObject({ status: 400, errors: { [name]: message } });
  });

  test('to more balloon than memory is refused, whichever of the two is changed', async () => {
    const tooLarge = { reason: 'balloon value too large (must be smaller than assigned memory)' };
    expect(await change({ balloon: '513' })).toMatchObject({ status: 500, ...tooLarge });
    expect((await change({ balloon: '512', memory: '1024' })).status).toBe(200);
    expect(await change({ memory: '511' })).toMatchObject({ status: 500, ...tooLarge });
  });

  test('that boots from what is not there, or goes, is refused', async () => {
    const refused = (device: string) => ({
      status: 500,
      reason: `invalid bootorder: device '${device}' does not exist'`,
    });
    expect(await change({ boot: 'order=scsi0;ide0' })).toMatchObject(refused('ide0'));
    expect(await change({ boot: 'order=scsi0', delete: 'scsi0' })).toMatchObject(refused('scsi0'));
    expect((await change({ boot: 'order=ide0', ide0: 'none,media=cdrom' })).status).toBe(200);
  });

  test('takes a device that goes out of the boot order, and a new CD-ROM in', async () => {
    await change({ boot: 'order=scsi0;scsi1;net0' });
    await change({ delete: 'scsi1', ide2: 'none,media=cdrom' });
    expect((await config()).boot).toBe('order=scsi0;net0;ide2');
    await done(await callApi(lab, 'POST', '/nodes/pve/qemu/100/status/start'));
    await change({ delete: 'net0' });
    expect((await config()).boot).toBe('order=scsi0;net0;ide2');
    expect(lab.node.guests.store.get(100).pending.get('boot')).toBe('order=scsi0;ide2');
  });

  test('takes no disk from a protected guest', async () => {
    await change({ delete: 'scsi1' });
    await change({ protection: '1' });
    const reason = (what: string) => ({
      status: 500,
      reason: `can't remove ${what} - protection mode enabled`,
    });
    expect(await change({ delete: 'scsi0' })).toMatchObject(reason("drive 'scsi0'"));
    const unused = "unused disk 'local-lvm:100/vm-100-disk-1.raw'";
    expect(await change({ delete: 'unused0' })).toMatchObject(reason(unused));
    expect((await change({ delete: 'net0' })).status).toBe(200);
  });

  test('with force removes a disk for good, but not of a running guest', async () => {
    const disk = join(lab.node.stateDir, 'storage/local-lvm/images/100/vm-100-disk-1.raw');
    expect(await change({ force: '1', cores: '2' })).toMatchObject({ status: 400 });
    await done(await callApi(lab, 'POST', '/nodes/pve/qemu/100/status/start'));
    expect((await change({ delete: 'scsi1', force: '1' })).status).toBe(501);
    await done(await callApi(lab, 'POST', '/nodes/pve/qemu/100/status/stop'));
    expect(existsSync(disk)).toBe(true);
    expect((await change({ delete: 'scsi1', force: '1' })).status).toBe(200);
    expect(existsSync(disk)).toBe(false);
    expect(await config()).not.toHaveProperty('unused0');
  });

  test('makes a generation id, clamps CPU units and hashes a password that only looks hashed', async () => {
    const asRoot = await rootHeaders(lab);
    const form = { vmgenid: '1', cpuunits: '200000', cipassword: '$ecret' };
    expect((await callApi(lab, 'PUT', CONFIG, form, asRoot)).status).toBe(200);
    const { vmgenid, cpuunits } = await config();
    expect(vmgenid).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(cpuunits).toBe(10_000);
    expect(lab.node.guests.store.get(100).values.get('cipassword')).toMatch(/^\$5\$/);
    const hashed = '$6$salt$hash';
    await callApi(lab, 'PUT', CONFIG, { vmgenid: '0', cipassword: hashed }, asRoot);
    expect((await config()).vmgenid).toBe('0');
    expect(lab.node.guests.store.get(100).values.get('cipassword')).toBe(hashed);
  });
});

describe('a change as a task', () => {
  const ask = (form: Readonly<Record<string, string>>) => callApi(lab, 'POST', CONFIG, form);

  test('is refused at once where the configuration is another, or the guest is locked', async () => {
    const digest = '0'.repeat(40);
    expect(await ask({ cores: '2', digest })).toMatchObject({
      status: 500,
      reason: 'checksum mismatch (file change by other user?)',
    });
    const { store } = lab.node.guests;
    await store.write(100, { ...store.get(100), values: new Map([['lock', 'backup']]) });
    expect(await ask({ cores: '2' })).toMatchObject({ status: 500, reason: 'VM is locked (backup)' });
  });

  test('answers nothing, or its fault, where it ends within the delay that is asked for', async () => {
    expect(await ask({ cores: '2', background_delay: '5' })).toMatchObject({ status: 200, data: null });
    expect((await config()).cores).toBe(2);
    expect(await ask({ boot: 'order=ide3', background_delay: '5' })).toMatchObject({
      status: 500,
      reason: "failed to update VM 100: invalid bootorder: device 'ide3' does not exist'",
    });
  });
});

test('taking an interface from a bridge needs a right on that bridge', async () => {
  await callApi(lab, 'POST', '/access/users', { userid: 'ann@pve' });
  const made = await callApi(lab, 'POST', '/access/users/ann@pve/token/own', { privsep: '0' });
  const ann = { authorization: `PVEAPIToken=ann@pve!own=${(made.data as { value: string }).value}` };
  const grant = (path: string, roles: string) =>
    callApi(lab, 'PUT', '/access/acl', { path, roles, users: 'ann@pve' });
  await grant('/vms/100', 'PVEVMAdmin');
  await grant('/sdn/zones/localnetwork/vmbr1', 'PVESDNUser');
  const asAnn = async (form: Readonly<Record<string, string>>) =>
    (await callApi(lab, 'PUT', CONFIG, form, ann)).status;
  expect(await asAnn({ net0: 'virtio,bridge=vmbr1' })).toBe(403);
  expect(await asAnn({ delete: 'net0' })).toBe(403);
  expect(await asAnn({ net1: 'virtio,bridge=vmbr1' })).toBe(200);
  await grant('/sdn/zones/localnetwork/vmbr0', 'PVESDNUser');
  expect(await asAnn({ delete: 'net0' })).toBe(200);
});
