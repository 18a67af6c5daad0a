import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { under } from '../../../../local-node/guests/snapshots/snapshot-config';
import { callApi, startTestNode, type TestNode } from '../../test-node';

let lab: TestNode;
let stateDir: string;
const volumes = () => join(stateDir, 'storage/local-lvm/images/101');
const page = () => join(volumes(), 'subvol-101-disk-0.subvol/page');

beforeEach(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'snapshots-'));
  lab = await startTestNode({ stateDir });
  writeFileSync(join(stateDir, 'storage/local/template/cache/lab.tar.zst'), 'an archive');
  await task('POST', '', { vmid: '101', ostemplate: 'local:vztmpl/lab.tar.zst', rootfs: 'local-lvm:4' });
  writeFileSync(page(), 'one');
});

afterEach(async () => {
  jest.restoreAllMocks();
  await lab.close();
  rmSync(stateDir, { recursive: true, force: true });
});

async function task(method: 'POST' | 'DELETE', path: string, form?: Record<string, string>) {
  const { data, message } = await callApi(lab, method, `/nodes/pve/lxc${path}`, form);
  if (message !== undefined) return { exit: message.trim(), log: [] };
  const { exitStatus } = await lab.node.tasks.wait(String(data), 30);
  return { exit: exitStatus, log: lab.node.tasks.log(String(data)) };
}

const take = (name: string, more = {}) => task('POST', '/101/snapshot', { snapname: name, ...more });
const store = () => lab.node.guests.containers.store;
const engine = () => lab.node.guests.containers.engine;

async function restart(): Promise<void> {
  await lab.close();
  lab = await startTestNode({ stateDir });
}

test('a running container stands still while it is copied, and is stopped when it is rolled back', async () => {
  await task('POST', '/101/status/start');
  const still: string[] = [];
  jest.spyOn(engine(), 'freeze').mockImplementation(async () => void still.push('freeze'));
  jest.spyOn(engine(), 'thaw').mockImplementation(async () => void still.push('thaw'));
  const copy = engine().copy.bind(engine());
  jest.spyOn(engine(), 'copy').mockImplementation(async (...of) => {
    still.push('copy');
    await copy(...of);
  });
  const { exit, log } = await take('good', { description: 'before' });
  expect([exit, still]).toEqual(['OK', ['freeze', 'copy', 'thaw']]);
  expect(log[0]).toBe("snapshotting 'rootfs' (local-lvm:101/subvol-101-disk-0.subvol)");
  writeFileSync(page(), 'two');
  expect((await task('POST', '/101/snapshot/good/rollback')).exit).toBe('OK');
  expect([readFileSync(page(), 'utf8'), engine().isRunning(101)]).toEqual(['one', false]);
  const { data } = await callApi(lab, 'GET', '/nodes/pve/lxc/101/snapshot');
  expect(data).toMatchObject([
    { name: 'good', description: 'before\n' },
    { name: 'current', parent: 'good', running: 0 },
  ]);
  expect((data as object[])[0]).not.toHaveProperty('vmstate');
});

test('the name vzdump and memory are no words of a container', async () => {
  expect((await take('vzdump')).exit).toBe("unable to use snapshot name 'vzdump' (reserved name)");
  expect((await take('one', { vmstate: '1' })).exit).toBe('Parameter verification failed.');
});

test('a container that cannot be copied goes on, and nothing of the copy is left', async () => {
  await task('POST', '/101/status/start');
  const thaw = jest.spyOn(engine(), 'thaw');
  jest.spyOn(engine(), 'copy').mockImplementation(async (_root, target) => {
    writeFileSync(target, 'a part');
    throw new Error('No space left on device');
  });
  expect((await take('full')).exit).toBe('No space left on device');
  expect(thaw).toHaveBeenCalled();
  expect(readdirSync(volumes())).toEqual(['subvol-101-disk-0.subvol']);
  expect(store().get(101).snapshots.size).toBe(0);
});

test('the copies go with the container, and a copy of a snapshot is a container of its own', async () => {
  await take('good');
  writeFileSync(page(), 'two');
  expect((await task('POST', '/101/clone', { newid: '102', snapname: 'good' })).exit).toBe('OK');
  const copied = join(stateDir, 'storage/local-lvm/images/102/subvol-102-disk-0.subvol/page');
  expect(readFileSync(copied, 'utf8')).toBe('one');
  expect(store().get(102).values.has('snaptime')).toBe(false);
  expect((await task('DELETE', '/101')).exit).toBe('OK');
  expect(existsSync(volumes())).toBe(false);
});

test.each([
  ['before anything was put back', () => undefined],
  [
    'between the old root file system and the new one',
    () => {
      rmSync(join(volumes(), 'subvol-101-disk-0.subvol'), { recursive: true });
      writeFileSync(join(volumes(), 'subvol-101-disk-0.subvol@.new'), 'a part');
    },
  ],
])('a rollback that a kill cut off %s is ended at the next start', async (_when, cut) => {
  await take('good');
  writeFileSync(page(), 'two');
  await store().write(101, under(store().get(101), 'good', 'rollback'));
  cut();
  await restart();
  expect(readFileSync(page(), 'utf8')).toBe('one');
  expect(store().get(101).values.has('lock')).toBe(false);
  expect(readdirSync(volumes()).sort()).toEqual([
    'subvol-101-disk-0.subvol',
    'subvol-101-disk-0.subvol@good',
  ]);
});
