import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { emptyConfig } from '../../../../local-node/formats/guest-config';
import { under } from '../../../../local-node/guests/snapshots/snapshot-config';
import { callApi, startTestNode, type TestNode } from '../../test-node';

let lab: TestNode;
let stateDir: string;

beforeEach(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'snapshots-'));
  lab = await startTestNode({ stateDir });
  await task('POST', '', {
    ...{ vmid: '100', name: 'web', memory: '512', agent: '1', scsi0: 'local-lvm:1,format=qcow2' },
  });
  await task('POST', '/100/status/start');
});

afterEach(async () => {
  jest.restoreAllMocks();
  await lab.close();
  rmSync(stateDir, { recursive: true, force: true });
});

/** Makes a call; how its task ended, and what its log says. */
async function task(method: 'POST' | 'DELETE', path: string, form?: Record<string, string>) {
  const { data, message } = await callApi(lab, method, `/nodes/pve/qemu${path}`, form);
  if (message !== undefined) return { exit: message.trim(), log: [] };
  const { exitStatus } = await lab.node.tasks.wait(String(data), 30);
  return { exit: exitStatus, log: lab.node.tasks.log(String(data)) };
}

const take = (name: string, more = {}) => task('POST', '/100/snapshot', { snapname: name, ...more });
const rollBack = (name: string, more = {}) => task('POST', `/100/snapshot/${name}/rollback`, more);
const starts = () => lab.node.tasks.list().flatMap(({ upid }) => (upid.includes(':qmstart:') ? [upid] : []));
const config = () => lab.node.guests.store.get(100);

async function list(): Promise<Record<string, unknown>[]> {
  const { data } = await callApi(lab, 'GET', '/nodes/pve/qemu/100/snapshot');
  return data as Record<string, unknown>[];
}

/** Another process of the node with the same state; simulated guests end with theirs. */
async function restart(): Promise<void> {
  await lab.close();
  lab = await startTestNode({ stateDir });
}

test('a running guest goes on in the memory that a snapshot kept, with the options of then', async () => {
  lab.clock.seconds += 100;
  const { exit, log } = await take('warm', { vmstate: '1', description: 'all is up' });
  expect(exit).toBe('OK');
  expect(log).toEqual([
    "saving VM state and RAM using storage 'local-lvm'",
    'completed saving the VM state in 0s, saved 128.00 MiB',
    "snapshotting 'drive-scsi0' (local-lvm:100/vm-100-disk-0.qcow2)",
    'internal qemu snapshot',
    'TASK OK',
  ]);
  await callApi(lab, 'PUT', '/nodes/pve/qemu/100/config', { name: 'changed', tags: 'later' });
  lab.clock.seconds += 1000;
  const before = config().values.get('vmgenid');
  expect((await rollBack('warm')).exit).toBe('OK');
  expect(lab.node.engine.isRunning(100)).toBe(true);
  expect((await lab.node.engine.status(100))?.uptime).toBe(100);
  expect(Object.fromEntries(config().values)).toMatchObject({ name: 'web', parent: 'warm' });
  expect([config().values.has('tags'), config().values.has('lock')]).toEqual([false, false]);
  expect(config().values.get('vmgenid')).not.toBe(before);
  expect(await list()).toMatchObject([
    { name: 'warm', vmstate: 1, description: 'all is up' },
    { name: 'current', parent: 'warm', running: 1 },
  ]);
});

test('without memory a guest that is rolled back stands still, and starts by a task of its own where asked', async () => {
  expect((await take('disks')).log[0]).not.toContain('memory');
  expect((await rollBack('disks')).exit).toBe('OK');
  expect(lab.node.engine.isRunning(100)).toBe(false);
  expect((await rollBack('disks', { start: '1' })).exit).toBe('OK');
  for (const upid of starts()) await lab.node.tasks.wait(upid, 10);
  expect(lab.node.engine.isRunning(100)).toBe(true);
});

test('a disk that came after the snapshot stays as an unused one, and one that a snapshot names stays too', async () => {
  await task('POST', '/100/status/stop');
  await take('one');
  await callApi(lab, 'PUT', '/nodes/pve/qemu/100/config', { scsi1: 'local-lvm:2,format=qcow2' });
  await rollBack('one');
  expect(config().values.get('unused0')).toBe('local-lvm:100/vm-100-disk-1.qcow2');
  await callApi(lab, 'PUT', '/nodes/pve/qemu/100/config', { delete: 'scsi0' });
  await callApi(lab, 'PUT', '/nodes/pve/qemu/100/config', { delete: 'unused1' });
  expect((await rollBack('one')).exit).toBe('OK');
  await callApi(lab, 'PUT', '/nodes/pve/qemu/100/config', { delete: 'scsi0' });
  await task('DELETE', '/100');
  const { data } = await callApi(lab, 'GET', '/nodes/pve/storage/local-lvm/content?content=images');
  expect((data as { volid: string }[]).map(({ volid }) => volid)).toEqual([]);
});

test('a snapshot that fails is taken back, and its guest goes on', async () => {
  jest.spyOn(lab.node.engine, 'takeSnapshot').mockRejectedValue(new Error('No space left on device'));
  expect(await take('full', { vmstate: '1' })).toMatchObject({
    exit: 'No space left on device',
    log: expect.arrayContaining(['snapshot create failed: starting cleanup']),
  });
  expect([await list(), config().values.get('lock')]).toEqual([
    [expect.objectContaining({ name: 'current', running: 1 })],
    undefined,
  ]);
});

test('without room for its memory no snapshot is begun', async () => {
  jest.spyOn(lab.node.storage, 'requireSpace').mockRejectedValue(new Error('not enough space'));
  expect((await take('full', { vmstate: '1' })).exit).toBe('not enough space');
  expect(await list()).toHaveLength(1);
});

test('a snapshot of a guest that is being deleted fails, and so does the deletion of one that is locked', async () => {
  await task('POST', '/100/status/stop');
  const gone = task('DELETE', '/100');
  const taken = task('POST', '/100/snapshot', { snapname: 'late' });
  expect((await gone).exit).toBe('OK');
  expect((await taken).exit).toContain("100.conf' does not exist");
  await task('POST', '', { vmid: '100' });
  await lab.node.guests.store.write(100, emptyConfig(new Map([['lock', 'snapshot']])));
  expect((await task('DELETE', '/100')).exit).toBe('VM is locked (snapshot)');
});

describe('a node that was killed', () => {
  /** Ends the node at a call of its engine, which never answers. */
  async function killedAt(
    call: 'takeSnapshot' | 'rollBack' | 'removeSnapshot',
    ...[method, path, form]: Parameters<typeof task>
  ) {
    const reached = new Promise<void>((resolve) => {
      lab.node.engine[call] = () => {
        resolve();
        return new Promise<never>(() => undefined);
      };
    });
    await callApi(lab, method, `/nodes/pve/qemu/100${path}`, form);
    await reached;
    jest.spyOn(lab.node.tasks, 'close').mockResolvedValue();
    const locked = config().values.get('lock');
    await restart();
    return locked;
  }

  test('while a snapshot was taken takes it back at its next start', async () => {
    const locked = await killedAt('takeSnapshot', 'POST', '/snapshot', { snapname: 'half', vmstate: '1' });
    expect(locked).toBe('snapshot');
    expect(await list()).toHaveLength(1);
    expect([...config().values.keys()]).not.toContain('lock');
    expect((await take('half')).exit).toBe('OK');
  });

  test('while a guest was rolled back ends that, and lets it go on in the memory of the snapshot', async () => {
    await take('warm', { vmstate: '1' });
    await callApi(lab, 'PUT', '/nodes/pve/qemu/100/config', { tags: 'later' });
    expect(await killedAt('rollBack', 'POST', '/snapshot/warm/rollback')).toBe('rollback');
    expect([config().values.get('parent'), config().values.has('lock')]).toEqual(['warm', false]);
    expect(config().values.has('tags')).toBe(false);
    expect(lab.node.engine.isRunning(100)).toBe(true);
    expect(starts()).toHaveLength(1);
  });

  test('while a snapshot went removes it', async () => {
    await take('old');
    await take('new');
    expect(await killedAt('removeSnapshot', 'DELETE', '/snapshot/old')).toBe('snapshot-delete');
    expect(await list()).toMatchObject([{ name: 'new' }, { name: 'current', parent: 'new' }]);
    expect((await list())[0]).not.toHaveProperty('parent');
  });

  test('leaves a guest locked that it cannot mend, and starts all the same', async () => {
    await take('kept');
    await lab.node.guests.store.write(100, under(config(), 'kept', 'rollback'));
    await lab.node.storage.images.remove(
      lab.node.storage.volume('local-lvm:100/vm-100-disk-0.qcow2'),
      () => undefined,
    );
    await restart();
    expect(config().values.get('lock')).toBe('rollback');
    expect((await task('POST', '/100/status/start')).exit).toBe('VM is locked (rollback)');
  });
});
