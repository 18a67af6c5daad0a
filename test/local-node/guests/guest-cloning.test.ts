import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { callApi, startTestNode, type TestNode } from '../test-node';

let lab: TestNode;

beforeEach(async () => {
  lab = await startTestNode();
});

afterEach(() => lab.close());

/** Makes a call whose answer is a task; the task's exit status. */
async function task(path: string, form: Readonly<Record<string, string>> = {}): Promise<string | undefined> {
  const { data } = await callApi(lab, 'POST', `/nodes/pve/qemu${path}`, form);
  return (await lab.node.tasks.wait(String(data), 30)).exitStatus;
}

test('a running guest is cloned as it runs, without what waits for its next start', async () => {
  const disks = { scsi0: 'local-lvm:1', scsi1: 'local-lvm:2,format=qcow2' };
  expect(await task('', { vmid: '100', memory: '512', ...disks })).toBe('OK');
  expect(await task('/100/status/start')).toBe('OK');
  expect(await task('/100/config', { memory: '1024', scsi2: 'local-lvm:1' })).toBe('OK');
  expect(await task('/100/clone', { newid: '101', full: '1' })).toBe('OK');

  const { data } = await callApi(lab, 'GET', '/nodes/pve/qemu/101/config');
  expect(data).toMatchObject({ memory: '512', scsi1: 'local-lvm:101/vm-101-disk-1.qcow2,size=2G' });
  expect(data).not.toHaveProperty('scsi2');
  const directory = join(lab.node.stateDir, 'storage', 'local-lvm', 'images', '101');
  expect(readdirSync(directory).sort()).toEqual(['vm-101-disk-0.raw', 'vm-101-disk-1.qcow2']);
  expect(await task('/101/status/start')).toBe('OK');
  expect(lab.node.engine.isRunning(100)).toBe(true);
});

test('a clone of a running guest that fails leaves nothing', async () => {
  await task('', { vmid: '100', scsi0: 'local-lvm:1' });
  await task('/100/status/start');
  jest.spyOn(lab.node.engine, 'copyRunning').mockRejectedValue(new Error('no space left'));
  expect(await task('/100/clone', { newid: '101' })).toBe('clone failed: no space left');
  expect(lab.node.guests.store.has(101)).toBe(false);
  expect(readdirSync(join(lab.node.stateDir, 'storage', 'local-lvm', 'images'))).toEqual(['100']);
});

test('a clone is a machine of its own, with all else that its source says of itself', async () => {
  const smbios1 = 'uuid=11111111-2222-3333-4444-555555555555,base64=1,serial=QUJD';
  await task('', { vmid: '100', smbios1, protection: '1' });
  await task('', { vmid: '102', memory: '512' });
  const { store } = lab.node.guests;
  await store.write(102, { ...store.get(102), pending: new Map([['memory', '1024']]) });
  expect(await task('/100/clone', { newid: '101' })).toBe('OK');
  expect(await task('/102/clone', { newid: '103' })).toBe('OK');

  const of = (vmid: number) => Object.fromEntries(store.get(vmid).values);
  expect(of(101).smbios1).toMatch(/^base64=1,serial=QUJD,uuid=(?!1111)[0-9a-f-]{36}$/);
  expect(of(101).protection).toBe('1');
  expect(of(101).vmgenid).not.toBe(of(100).vmgenid);
  expect(of(103).memory).toBe('512');
});
