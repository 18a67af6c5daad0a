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

const DISK = 'local-lvm:100/vm-100-disk-0.raw';

afterEach(async () => {
  jest.restoreAllMocks();
  await lab.close();
});

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

test.each(['running', 'stopped'])(
  'a move of a %s guest that its file cannot tell of is taken back',
  async (state) => {
    if (state === 'stopped') await task('/100/status/stop');
    const write = jest.spyOn(lab.node.guests.store, 'write').mockRejectedValueOnce(new Error('disk full'));
    expect(await task('/100/move_disk', { disk: 'scsi0', storage: 'local', delete: '1' })).toBe('disk full');
    write.mockRestore();
    expect(images('local')).toEqual([]);
    expect(images('local-lvm')).toEqual(['100']);
    expect(await task('/100/status/stop')).toBe('OK');
    expect(await task('/100/status/start')).toBe('OK');
    // Its own file is the one that it runs on.
    expect(await task('', { vmid: '101', scsi0: `local-lvm:0,import-from=${DISK}` })).toBe('OK');
  },
);

test('a guest whose move can neither be told nor taken back keeps its new file, and the task says which', async () => {
  jest.spyOn(lab.node.guests.store, 'write').mockRejectedValueOnce(new Error('disk full'));
  const { engine } = lab.node;
  const move = engine.moveRunning.bind(engine);
  jest.spyOn(engine, 'moveRunning').mockImplementation((vmid, copy) => {
    if (copy.path.includes('local-lvm')) return Promise.reject(new Error('no space left'));
    return move(vmid, copy);
  });
  const form = { disk: 'scsi0', storage: 'local', delete: '1' };
  const { data } = await callApi(lab, 'POST', '/nodes/pve/qemu/100/move_disk', form);
  expect((await lab.node.tasks.wait(String(data), 30)).exitStatus).toBe('disk full');
  const log = await callApi(lab, 'GET', `/nodes/pve/tasks/${encodeURIComponent(String(data))}/log`);
  expect(JSON.stringify(log.data)).toMatch(/the guest goes on with .*local\/images.*no space left/);
  expect([images('local'), images('local-lvm')]).toEqual([['100'], ['100']]);
});

test('an old disk that cannot be removed after a move is an unused one', async () => {
  jest.spyOn(lab.node.storage.images, 'remove').mockRejectedValueOnce(new Error('read-only file system'));
  expect(await task('/100/move_disk', { disk: 'scsi0', storage: 'local', delete: '1' })).toBe(
    'read-only file system',
  );
  const { values } = lab.node.guests.store.get(100);
  expect(values.get('scsi0')).toMatchObject({ file: 'local:100/vm-100-disk-0.raw' });
  expect(values.get('unused0')).toBe(DISK);
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
