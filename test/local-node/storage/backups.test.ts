import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { callApi, startTestNode, type TestNode } from '../test-node';

const OF_100 = 'local:backup/vzdump-qemu-100-2026_11_26-01_41_01.vma.zst';

let lab: TestNode;

beforeEach(async () => {
  lab = await startTestNode();
  const directory = join(lab.node.stateDir, 'storage', 'local', 'dump');
  mkdirSync(directory, { recursive: true });
  const names = ['vzdump-qemu-100-2026_11_26-01_41_01.vma.zst', 'vzdump-lxc-101-old.tar.gz', 'notes.txt'];
  for (const name of names) writeFileSync(join(directory, name), 'archive');
});

afterEach(() => lab.close());

async function rows(query = ''): Promise<object[]> {
  const { data } = await callApi(lab, 'GET', `/nodes/pve/storage/local/content?content=backup${query}`);
  return data as object[];
}

test('archives that somebody put into a storage are listed with the guest that they are of', async () => {
  const ofGuest = { volid: OF_100, format: 'vma.zst', subtype: 'qemu', vmid: 100, content: 'backup' };
  const ofContainer = { volid: 'local:backup/vzdump-lxc-101-old.tar.gz', format: 'tar.gz', subtype: 'lxc' };
  const found = await rows();
  expect(found).toHaveLength(2);
  expect(found).toEqual(
    expect.arrayContaining([
      expect.objectContaining(ofGuest),
      expect.objectContaining({ ...ofContainer, vmid: 101 }),
    ]),
  );
  expect(await rows('&vmid=100')).toEqual([expect.objectContaining(ofGuest)]);
});

test('removing an archive is a task of its guest', async () => {
  const path = `/nodes/pve/storage/local/content/${encodeURIComponent(OF_100)}`;
  const { data } = await callApi(lab, 'DELETE', path);
  expect(data).toMatch(/:imgdel:100@local:root@pam/);
  await lab.node.tasks.wait(String(data), 30);
  expect(await rows('&vmid=100')).toEqual([]);
});

test.each([
  ['that is not there', { archive: 'local:backup/vzdump-qemu-9-x.vma' }, 500, /does not exist/],
  ['of another kind', { archive: 'local:iso/x.iso' }, 500, /content type needs to be 'backup'/],
])('restoring an archive %s is refused', async (_what, form, status, message) => {
  const refusal = await callApi(lab, 'POST', '/nodes/pve/qemu', { vmid: '200', ...form });
  expect(refusal).toMatchObject({ status, message: expect.stringMatching(message) });
  expect(lab.node.guests.store.has(200)).toBe(false);
});

test('a drive beside an archive is refused', async () => {
  const form = { vmid: '200', archive: OF_100, scsi0: 'local-lvm:1' };
  expect(await callApi(lab, 'POST', '/nodes/pve/qemu', form)).toMatchObject({
    status: 400,
    errors: { scsi0: "option conflicts with option 'archive'" },
  });
});

test("another guest's archive is not told of to who has no rights on that guest", async () => {
  await callApi(lab, 'POST', '/access/users', { userid: 'ann@pve' });
  const made = await callApi(lab, 'POST', '/access/users/ann@pve/token/own', { privsep: '0' });
  const ann = { authorization: `PVEAPIToken=ann@pve!own=${(made.data as { value: string }).value}` };
  const grant = (path: string, roles: string) =>
    callApi(lab, 'PUT', '/access/acl', { path, roles, users: 'ann@pve' });
  await grant('/vms/200', 'PVEVMAdmin');
  await grant('/storage/local', 'PVEDatastoreUser');
  const restore = async () =>
    (await callApi(lab, 'POST', '/nodes/pve/qemu', { vmid: '200', archive: OF_100 }, ann)).status;
  const list = () => callApi(lab, 'GET', '/nodes/pve/storage/local/content', undefined, ann);
  expect(await restore()).toBe(403);
  expect((await list()).data).toEqual([]);
  await grant('/vms/100', 'PVEVMAdmin');
  expect(await restore()).toBe(200);
  expect((await list()).data).toEqual([expect.objectContaining({ volid: OF_100 })]);
});
