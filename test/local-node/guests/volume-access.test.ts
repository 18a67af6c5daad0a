import { callApi, startTestNode, type TestNode } from '../test-node';

let lab: TestNode;
let ann: { readonly authorization: string };

beforeEach(async () => {
  lab = await startTestNode();
  await callApi(lab, 'POST', '/access/users', { userid: 'ann@pve' });
  const made = await callApi(lab, 'POST', '/access/users/ann@pve/token/own', { privsep: '0' });
  ann = { authorization: `PVEAPIToken=ann@pve!own=${(made.data as { value: string }).value}` };
  for (const vmid of ['100', '101']) {
    const { data } = await callApi(lab, 'POST', '/nodes/pve/qemu', { vmid, scsi0: 'local-lvm:1' });
    await lab.node.tasks.wait(String(data), 30);
  }
  await grant('/vms/100', 'PVEVMAdmin');
});

afterEach(() => lab.close());

const grant = (path: string, roles: string) =>
  callApi(lab, 'PUT', '/access/acl', { path, roles, users: 'ann@pve' });

const FOREIGN = 'local-lvm:101/vm-101-disk-0.raw';

async function statusOf(path: string, method: 'PUT' | 'POST', form: Readonly<Record<string, string>>) {
  return (await callApi(lab, method, path, form, ann)).status;
}

test.each([
  ['put in', { scsi1: FOREIGN }],
  ['named as unused', { unused0: FOREIGN }],
  ['imported', { scsi1: `local-lvm:0,import-from=${FOREIGN}` }],
])("another guest's disk cannot be %s by who has rights on one guest alone", async (_what, form) => {
  await grant('/storage/local-lvm', 'PVEDatastoreUser');
  expect(await statusOf('/nodes/pve/qemu/100/config', 'PUT', form)).toBe(403);
  await grant('/vms/101', 'PVEVMAdmin');
  expect(await statusOf('/nodes/pve/qemu/100/config', 'PUT', form)).toBe(200);
});

test('new disks, clones and moves need the right to take space of their storage', async () => {
  await grant('/vms/102', 'PVEVMAdmin');
  const calls = [
    ['/nodes/pve/qemu/100/config', 'PUT', { scsi1: 'local-lvm:1' }],
    ['/nodes/pve/qemu', 'POST', { vmid: '102', scsi0: 'local-lvm:1' }],
    ['/nodes/pve/qemu/100/clone', 'POST', { newid: '102' }],
    ['/nodes/pve/qemu/100/move_disk', 'POST', { disk: 'scsi0', storage: 'local-lvm', format: 'qcow2' }],
  ] as const;
  for (const [path, method, form] of calls) expect(await statusOf(path, method, form)).toBe(403);

  await grant('/storage/local-lvm', 'PVEDatastoreUser');
  expect(await statusOf('/nodes/pve/qemu/100/config', 'PUT', { scsi1: 'local-lvm:1' })).toBe(200);
});

test("the guest's own disks and an empty drive need no right on a storage", async () => {
  const form = { scsi3: 'local-lvm:100/vm-100-disk-0.raw', ide2: 'none,media=cdrom' };
  expect(await statusOf('/nodes/pve/qemu/100/config', 'PUT', form)).toBe(200);
});

test('disks of guests on which one has no rights are neither listed nor told of', async () => {
  await grant('/storage/local-lvm', 'PVEDatastoreUser');
  const content = '/nodes/pve/storage/local-lvm/content';
  const get = (path: string) => callApi(lab, 'GET', path, undefined, ann);
  const own = expect.objectContaining({ volid: 'local-lvm:100/vm-100-disk-0.raw' });
  expect((await get(content)).data).toEqual([own]);
  expect((await get(`${content}/${encodeURIComponent(FOREIGN)}`)).status).toBe(403);
  await grant('/vms/101', 'PVEVMAdmin');
  expect((await get(content)).data).toHaveLength(2);
  expect((await get(`${content}/${encodeURIComponent(FOREIGN)}`)).status).toBe(200);
});

test('removing a volume needs Datastore.Allocate, as on Proxmox VE', async () => {
  await grant('/storage/local-lvm', 'PVEDatastoreUser');
  const path = `/nodes/pve/storage/local-lvm/content/${encodeURIComponent(FOREIGN)}`;
  const remove = async () => (await callApi(lab, 'DELETE', path, undefined, ann)).status;
  expect(await remove()).toBe(403);
  await grant('/storage/local-lvm', 'PVEDatastoreAdmin');
  expect(await remove()).toBe(200);
});
