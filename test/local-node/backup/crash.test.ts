import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../../machine/command';
import { callApi, startTestNode, type TestNode } from '../test-node';
import { backups, diskOf, done, dumps, makeContainer, makeMachine, RealDisks, task } from './backup-lab';

let lab: TestNode;
let engine: RealDisks;
let left: string;

beforeEach(async () => {
  engine = new RealDisks();
  lab = await startTestNode({ engine });
  left = mkdtempSync(join(tmpdir(), 'killed-'));
});

afterEach(async () => {
  await lab.close();
  rmSync(left, { recursive: true, force: true });
});

/** What a node leaves that is killed now, taken over by the next one. */
async function killedNow(): Promise<TestNode> {
  cpSync(lab.node.stateDir, left, { recursive: true });
  return startTestNode({ stateDir: left });
}

const dump = (node: TestNode) => readdirSync(join(node.node.stateDir, 'storage', 'local', 'dump'));
const vzdump = (form: Readonly<Record<string, string>>) =>
  task(lab, 'POST', '/nodes/pve/vzdump', { vmid: '100', storage: 'local', ...form });

test('a node that is killed in the middle of a backup leaves no archive, no working files and no lock', async () => {
  await makeMachine(lab);
  await done(lab, 'POST', '/nodes/pve/qemu/100/status/start');
  let next: TestNode | undefined;
  const seen: string[][] = [];
  engine.whileCopying = async () => {
    seen.push(dumps(lab));
    next = await killedNow();
  };
  await vzdump({ compress: 'zstd' });
  expect(seen[0]).toEqual([expect.stringMatching(/^vzdump-qemu-100-.*\.tmp$/)]);
  if (!next) throw new Error('nothing was copied');
  expect(dump(next)).toEqual([]);
  expect(next.node.guests.store.get(100).values.has('lock')).toBe(false);
  await done(next, 'POST', '/nodes/pve/vzdump', { vmid: '100', storage: 'local' });
  await next.close();
});

test('a file that is being written, or its working directory, never passes for a backup', async () => {
  await makeContainer(lab);
  const stem = join(lab.node.stateDir, 'storage', 'local', 'dump', 'vzdump-qemu-100-2026_11_26-01_41_01');
  writeFileSync(`${stem}.vma.zst.dat`, 'half');
  expect(await backups(lab)).toEqual([]);
  const next = await killedNow();
  expect(dump(next)).toEqual([]);
  await next.close();
});

test('a node that is killed in the middle of a new restore leaves neither machine nor disks', async () => {
  await makeMachine(lab);
  await vzdump({});
  const archive = (await backups(lab))[0]?.volid ?? '';
  let next: TestNode | undefined;
  const importDisk = engine.importDisk.bind(engine);
  engine.importDisk = async (...given) => {
    await importDisk(...given);
    next = await killedNow();
  };
  await done(lab, 'POST', '/nodes/pve/qemu', { vmid: '146', archive });
  if (!next) throw new Error('nothing was restored');
  expect(next.node.guests.store.has(146)).toBe(false);
  expect(await next.node.storage.images.volumesOf(146)).toEqual([]);
  expect(readdirSync(left)).not.toContain('tmp');
  await next.close();
});

test('a node that is killed in the middle of a restore over a machine leaves the old one as it was', async () => {
  const disk = await makeMachine(lab);
  await vzdump({});
  await run(['qemu-io', '-f', 'qcow2', '-c', 'write -P 1 0 64k', disk]);
  const archive = (await backups(lab))[0]?.volid ?? '';
  let next: TestNode | undefined;
  const importDisk = engine.importDisk.bind(engine);
  engine.importDisk = async (...given) => {
    await importDisk(...given);
    next = await killedNow();
  };
  await done(lab, 'POST', '/nodes/pve/qemu', { vmid: '100', archive, force: '1' });
  if (!next) throw new Error('nothing was restored');
  const { values } = next.node.guests.store.get(100);
  expect(values.get('scsi0')).toMatchObject({ file: 'local-lvm:100/vm-100-disk-0.qcow2' });
  expect(values.has('lock')).toBe(false);
  expect(readdirSync(join(left, 'storage', 'local-lvm', 'images', '100'))).toEqual(['vm-100-disk-0.qcow2']);
  const read = ['qemu-io', '-f', 'qcow2', '-c', 'read -P 1 0 64k'];
  const path = join(left, 'storage', 'local-lvm', 'images', '100', 'vm-100-disk-0.qcow2');
  expect(await run([...read, path])).not.toContain('verification failed');
  await next.close();
});

test('a backup for which there is no room fails, and leaves nothing', async () => {
  await makeMachine(lab);
  lab.node.storage.requireSpace = async ({ id }) => {
    throw new Error(`not enough space on storage '${id}'`);
  };
  const log = await vzdump({ compress: 'zstd' });
  expect(log).toContain("ERROR: Backup of VM 100 failed - not enough space on storage 'local'");
  expect(dumps(lab)).toEqual([]);
  expect(lab.node.guests.store.get(100).values.has('lock')).toBe(false);
});

test('a disk that is full in the middle of an archive fails the backup, and leaves nothing', async () => {
  await makeMachine(lab);
  const program = join(left, 'zstd');
  writeFileSync(
    program,
    '#!/bin/sh\nhead -c 1000 >/dev/null\necho "zstd: write error : No space left on device" >&2\nexit 70\n',
    {
      mode: 0o755,
    },
  );
  const path = process.env.PATH;
  process.env.PATH = `${left}:${path}`;
  try {
    const log = await vzdump({ compress: 'zstd' });
    expect(log.find((line) => line.startsWith('ERROR'))).toMatch(
      /failed - zstd: exit code 70: .*No space left/,
    );
  } finally {
    process.env.PATH = path;
  }
  expect(dumps(lab)).toEqual([]);
});

test('a backup that is stopped leaves nothing, and its machine runs and is free', async () => {
  await makeMachine(lab);
  await done(lab, 'POST', '/nodes/pve/qemu/100/status/start');
  const { data } = await callApi(lab, 'POST', '/nodes/pve/vzdump', { vmid: '100', storage: 'local' });
  engine.whileCopying = async () => lab.node.tasks.stop(String(data));
  await lab.node.tasks.wait(String(data), 60);
  expect(lab.node.tasks.get(String(data)).exitStatus).toBe('interrupted by signal');
  expect(dumps(lab)).toEqual([]);
  expect(engine.isRunning(100)).toBe(true);
  expect(lab.node.guests.store.get(100).values.has('lock')).toBe(false);
});

test('a machine that ran is started again by the next node although it was stopped for its backup', async () => {
  await makeMachine(lab);
  await done(lab, 'POST', '/nodes/pve/qemu/100/status/start');
  let next: TestNode | undefined;
  const cloneDisk = engine.cloneDisk.bind(engine);
  engine.cloneDisk = async (...given) => {
    if (!next) next = await killedNow();
    await cloneDisk(...given);
  };
  await vzdump({ mode: 'stop' });
  const [start] = (await callApi(next as TestNode, 'GET', '/nodes/pve/tasks?typefilter=qmstart&source=all'))
    .data as {
    upid: string;
  }[];
  await (next as TestNode).node.tasks.wait(start?.upid ?? '', 30);
  expect(next?.node.engine.isRunning(100)).toBe(true);
  expect(diskOf(lab, 'vm-100-disk-0.qcow2', 100)).toBeDefined();
  await next?.close();
});
