import os, { cpus } from 'node:os';
import { callApi, startTestNode, type TestNode } from '../test-node';

let lab: TestNode;

beforeEach(async () => {
  lab = await startTestNode();
  await outcome('/nodes/pve/qemu', { vmid: '100', scsi0: 'local-lvm:1' });
});

afterEach(() => lab.close());

/** The message of a refusal, or how the task ended. */
async function outcome(path: string, form: Readonly<Record<string, string>> = {}): Promise<string> {
  const { status, reason, data } = await callApi(lab, 'POST', path, form);
  if (status !== 200) return reason;
  return (await lab.node.tasks.wait(String(data), 30)).exitStatus ?? '';
}

async function tagsAfter(tags: string): Promise<unknown> {
  await callApi(lab, 'PUT', '/nodes/pve/qemu/100/config', { tags });
  const { data } = await callApi(lab, 'GET', '/nodes/pve/qemu/100/config');
  return (data as { tags: string }).tags;
}

test('tags are kept each once, in small letters, by the alphabet', async () => {
  expect(await tagsAfter('A B,c;;c')).toBe('a;b;c');
  expect(await tagsAfter('zeta;Alpha alpha')).toBe('alpha;zeta');
});

test('starting and listing guests counts no processors again', async () => {
  const counting = jest.spyOn(os, 'cpus');
  try {
    expect(await outcome('/nodes/pve/qemu/100/status/start')).toBe('OK');
    await callApi(lab, 'GET', '/nodes/pve/qemu');
    expect(counting).not.toHaveBeenCalled();
  } finally {
    counting.mockRestore();
  }
});

test('a guest with more processors than the node has does not start', async () => {
  const tooMany = String(cpus().length + 1);
  await callApi(lab, 'PUT', '/nodes/pve/qemu/100/config', { cores: tooMany });
  expect(await outcome('/nodes/pve/qemu/100/status/start')).toBe(
    `MAX ${cpus().length} vcpus allowed per VM on this node`,
  );
  await callApi(lab, 'PUT', '/nodes/pve/qemu/100/config', { cores: '1' });
  expect(await outcome('/nodes/pve/qemu/100/status/start')).toBe('OK');
});

test('a guest that insists on KVM does not start on a node that emulates', async () => {
  Object.defineProperty(lab.node.engine, 'acceleration', { value: 'tcg' });
  await callApi(lab, 'PUT', '/nodes/pve/qemu/100/config', { kvm: '1' });
  expect(await outcome('/nodes/pve/qemu/100/status/start')).toMatch(/^KVM virtualisation configured/);
  await callApi(lab, 'PUT', '/nodes/pve/qemu/100/config', { delete: 'kvm' });
  expect(await outcome('/nodes/pve/qemu/100/status/start')).toBe('OK');
});

test('a clone to a taken vmid, and a linked clone to a storage, are refused', async () => {
  expect(await outcome('/nodes/pve/qemu/100/clone', { newid: '100' })).toBe(
    'unable to create VM 100: config file already exists',
  );
  await outcome('/nodes/pve/qemu/100/template');
  expect(await outcome('/nodes/pve/qemu/100/clone', { newid: '101', storage: 'local-lvm' })).toBe(
    "parameter 'storage' not allowed for linked clones",
  );
});

test('a disk that cannot be moved is refused before there is a task', async () => {
  const move = (form: Readonly<Record<string, string>>) =>
    callApi(lab, 'POST', '/nodes/pve/qemu/100/move_disk', { storage: 'local-lvm', ...form });
  expect(await move({ disk: 'scsi0' })).toMatchObject({
    status: 500,
    reason: "you can't move to the same storage with same format",
  });
  expect(await move({ disk: 'scsi5' })).toMatchObject({ status: 500, reason: "disk 'scsi5' does not exist" });
});
