import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { callApi, rootHeaders, startTestNode, type TestNode } from '../test-node';

let lab: TestNode;

beforeEach(async () => {
  lab = await startTestNode();
  await callApi(lab, 'PUT', '/storage/local', { content: 'iso,images' });
  await task('', { vmid: '100', scsi0: 'local-lvm:1', memory: '512' });
  await task('/100/status/start');
});

afterEach(() => lab.close());

/** Makes a call whose answer is a task; the task's exit status. */
async function task(path: string, form: Readonly<Record<string, string>> = {}): Promise<string | undefined> {
  const { data } = await callApi(lab, 'POST', `/nodes/pve/qemu${path}`, form);
  return (await lab.node.tasks.wait(String(data), 30)).exitStatus;
}

const images = (storage: string) => readdirSync(join(lab.node.stateDir, 'storage', storage, 'images'));

test('a disk of a running guest moves, what waits for the next start still waits, and the old one goes', async () => {
  await task('/100/config', { memory: '1024' });
  expect(await task('/100/move_disk', { disk: 'scsi0', storage: 'local', delete: '1' })).toBe('OK');
  const { values, pending } = lab.node.guests.store.get(100);
  expect(values.get('scsi0')).toMatchObject({ file: 'local:100/vm-100-disk-0.raw', size: '1G' });
  expect([...pending]).toEqual([['memory', '1024']]);
  expect(images('local-lvm')).toEqual([]);

  expect(await task('/100/clone', { newid: '101' })).toBe('OK');
  expect(images('local').sort()).toEqual(['100', '101']);
  expect(await task('/100/status/stop')).toBe('OK');
  expect(await task('/100/status/start')).toBe('OK');
});

test('a move that fails leaves the guest with the disk that it has', async () => {
  jest.spyOn(lab.node.engine, 'moveRunning').mockRejectedValue(new Error('no space left'));
  expect(await task('/100/move_disk', { disk: 'scsi0', storage: 'local', delete: '1' })).toBe(
    'storage migration failed: no space left',
  );
  expect(lab.node.guests.store.get(100).values.get('scsi0')).toMatchObject({
    file: 'local-lvm:100/vm-100-disk-0.raw',
  });
  expect(images('local-lvm')).toEqual(['100']);
});

test('no disk moves or grows in another configuration than the caller has seen, nor of a locked guest', async () => {
  const digest = '0'.repeat(40);
  const changed = 'checksum mismatch (file change by other user?)';
  const move = { disk: 'scsi0', storage: 'local' };
  const grow = async (form: Readonly<Record<string, string>>, headers?: Readonly<Record<string, string>>) => {
    const size = { disk: 'scsi0', size: '+1G', ...form };
    const { data } = await callApi(lab, 'PUT', '/nodes/pve/qemu/100/resize', size, headers);
    return (await lab.node.tasks.wait(String(data), 30)).exitStatus;
  };
  expect(await callApi(lab, 'POST', '/nodes/pve/qemu/100/move_disk', { ...move, digest })).toMatchObject({
    status: 500,
    reason: changed,
  });
  expect(await grow({ digest })).toBe(changed);

  await task('/100/status/stop');
  const { store } = lab.node.guests;
  const config = store.get(100);
  await store.write(100, { ...config, values: new Map([...config.values, ['lock', 'backup']]) });
  expect(await grow({})).toBe('VM is locked (backup)');
  expect(await task('/100/status/start')).toBe('VM is locked (backup)');
  const asRoot = await rootHeaders(lab);
  expect(await grow({ skiplock: '1' }, asRoot)).toBe('OK');
  const start = await callApi(lab, 'POST', '/nodes/pve/qemu/100/status/start', { skiplock: '1' }, asRoot);
  expect((await lab.node.tasks.wait(String(start.data), 30)).exitStatus).toBe('OK');
});
