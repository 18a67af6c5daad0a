import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NoNetwork } from '../../../local-node/base/node-network';
import {
  SimulatedEngine,
  type SimulatedEngineOptions,
} from '../../../local-node/engine/simulated/simulated-engine';
import { cloudInitText, readImage, writeImage } from '../../../local-node/engine/simulated/simulated-image';
import { driveOf, parseOptions, printOption } from '../../../local-node/formats/option-values';
import { buildLocalNode, type LocalNode } from '../../../local-node/node';
import type { TaskContext } from '../../../local-node/tasks/task-service';

const ROOT = { userId: 'root@pam' };
const GIB = 1024 ** 3;

let stateDir: string;
let now: number;
let node: LocalNode;

async function startNode(options: SimulatedEngineOptions = {}): Promise<LocalNode> {
  const clock = { now: () => now, steady: () => now };
  const engine = new SimulatedEngine({ clock, ...options });
  const built = buildLocalNode({ stateDir, nodeName: 'pve', engine, network: new NoNetwork(), clock });
  await built.start();
  return built;
}

beforeEach(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'guest-service-'));
  now = Date.UTC(2030, 0, 1);
  node = await startNode();
  await writeImage(join(stateDir, 'storage/local/import/base.qcow2'), 'qcow2', GIB);
});

afterEach(async () => {
  await node.close();
  rmSync(stateDir, { recursive: true, force: true });
});

/** Runs a worker as a task; its exit status. */
async function outcome(worker: (task: TaskContext) => Promise<void>): Promise<string | undefined> {
  const upid = node.tasks.run('test', '1', ROOT, worker);
  return (await node.tasks.wait(upid, 30)).exitStatus;
}

async function create(
  vmid: number,
  options: Readonly<Record<string, string>> = {},
): Promise<string | undefined> {
  const all = parseOptions(Object.entries({ name: `guest-${vmid}`, ...options }));
  return outcome(node.guests.creation.create(vmid, all, { start: false }));
}

/** One option as the guest's file has it. */
function option(vmid: number, name: string): string | undefined {
  const value = node.guests.store.get(vmid).values.get(name);
  return value === undefined ? undefined : printOption(value);
}

const IMPORTED = { scsi0: 'local-lvm:0,import-from=local:import/base.qcow2' };
const images = () => join(stateDir, 'storage/local-lvm/images');
const confs = () => readdirSync(join(stateDir, 'etc/pve/qemu-server')).filter((name) => name !== '.good');

const start = (vmid: number) => outcome(({ log }) => node.guests.power.start(vmid, log));

async function change(vmid: number, set: Readonly<Record<string, string>>, remove: readonly string[] = []) {
  const wanted = { set: parseOptions(Object.entries(set)), delete: remove, revert: [], skipLock: false };
  await node.guests.changes.update(vmid, wanted, () => undefined);
}

test('imported disks are layers over one image, which may be deleted while they are used', async () => {
  expect(await create(100, IMPORTED)).toBe('OK');
  expect(await create(101, IMPORTED)).toBe('OK');
  await outcome(({ log }) => node.storage.free(node.storage.volume('local:import/base.qcow2'), log));

  const disk = await readImage(join(images(), '100/vm-100-disk-0.qcow2'));
  expect(disk.backingFile).toBe(join(images(), '100/disk-0.base'));
  expect((await readImage(disk.backingFile ?? '')).virtualBytes).toBe(GIB);
  expect(
    await outcome(node.guests.creation.destroy(100, { skipLock: false, unreferencedDisks: false })),
  ).toBe('OK');
  expect(readdirSync(images())).toEqual(['101']);
});

test('a creation that fails leaves neither configuration nor disk', async () => {
  const exit = await create(100, { ...IMPORTED, scsi1: 'local-lvm:0,import-from=local:import/absent.qcow2' });

  expect(exit).toMatch(/^unable to create VM 100 - failed to stat '.*absent.qcow2'$/);
  expect(confs()).toEqual([]);
  expect(readdirSync(images())).toEqual([]);
});

test('a taken vmid is refused in the words of Proxmox VE', async () => {
  await create(100);
  expect(() => node.guests.creation.create(100, new Map(), { start: false })).toThrow(
    "unable to create VM 100 - VM 100 already exists on node 'pve'",
  );
});

test('a start after a crash removes guests whose creation or cloning was cut off, with their disks', async () => {
  await create(100, IMPORTED);
  writeFileSync(join(stateDir, 'etc/pve/qemu-server/101.conf'), 'lock: clone\n');
  writeFileSync(join(stateDir, 'etc/pve/qemu-server/102.conf.123.new'), 'lo');
  mkdirSync(join(images(), '101'));
  writeFileSync(join(images(), '101/vm-101-disk-0.qcow2'), 'half');
  writeFileSync(join(stateDir, 'storage/local/import/x.qcow2.tmp_dwnl.00ff'), 'half');
  await node.close();

  node = await startNode();

  expect(confs()).toEqual(['100.conf']);
  expect(readdirSync(images())).toEqual(['100']);
  expect(readdirSync(join(stateDir, 'storage/local/import'))).toEqual(['base.qcow2']);
});

test('guests that ran, and those with onboot, run again after a crash', async () => {
  await create(100);
  await create(101, { onboot: '1' });
  await create(102);
  await start(100);
  await node.close();

  node = await startNode();
  await Promise.all(node.tasks.list().map(({ upid }) => node.tasks.wait(upid, 30)));

  expect((await node.guests.figures.list(false)).map(({ vmid, status }) => [vmid, status])).toEqual([
    [100, 'running'],
    [101, 'running'],
    [102, 'stopped'],
  ]);
});

test('a guest that was shut down stays down after a restart of the node', async () => {
  await create(100);
  await start(100);
  await node.guests.power.shutdown(100, { force: false }, () => undefined);
  await node.close();
  node = await startNode();
  expect(node.tasks.list().filter(({ exitStatus }) => exitStatus === undefined)).toEqual([]);
  expect(node.engine.isRunning(100)).toBe(false);
});

test('a guest that was killed from outside is seen as stopped and can be started again', async () => {
  await create(100);
  await start(100);
  await node.engine.stop(100);
  expect((await node.guests.figures.status(100)).status).toBe('stopped');
  expect(await start(100)).toBe('OK');
});

test('a running guest keeps its memory until its next start', async () => {
  await create(100, { memory: '512' });
  await start(100);
  await change(100, { memory: '1024', name: 'renamed' });

  expect(await node.guests.figures.status(100)).toMatchObject({ maxmem: 512 * 2 ** 20, name: 'renamed' });
  await node.guests.power.reboot(100, undefined, () => undefined);
  expect(await node.guests.figures.status(100)).toMatchObject({ maxmem: 1024 * 2 ** 20 });
  expect(node.guests.store.get(100).pending.size).toBe(0);
});

test('a disk that is taken out stays as unused0 until that is deleted too', async () => {
  await create(100, { scsi0: 'local-lvm:1' });
  await change(100, {}, ['scsi0']);
  expect(node.guests.store.get(100).values.get('unused0')).toBe('local-lvm:100/vm-100-disk-0.raw');
  await change(100, {}, ['unused0']);
  expect(readdirSync(images())).toEqual([]);
});

test('a disk grows and never shrinks', async () => {
  await create(100, IMPORTED);
  await node.guests.diskTasks.resize(100, 'scsi0', '4294967296', () => undefined);
  await node.guests.diskTasks.resize(100, 'scsi0', '+1G', () => undefined);
  expect(option(100, 'scsi0')).toContain('size=5G');
  await expect(node.guests.diskTasks.resize(100, 'scsi0', '1G', () => undefined)).rejects.toThrow(
    'shrinking disks is not supported',
  );
});

test('a new disk that another takes the place of before the start, or that is taken back, stays as unused', async () => {
  await create(100, IMPORTED);
  await start(100);
  await change(100, { scsi1: 'local-lvm:1' });
  const first = driveOf(node.guests.store.get(100).pending, 'scsi1')?.file;
  await change(100, { scsi1: 'local-lvm:2' });
  const second = driveOf(node.guests.store.get(100).pending, 'scsi1')?.file;
  await node.guests.changes.update(
    100,
    { set: new Map(), delete: [], revert: ['scsi1'], skipLock: false },
    () => undefined,
  );

  const { values, pending } = node.guests.store.get(100);
  expect(pending.size).toBe(0);
  expect([values.get('unused0'), values.get('unused1')]).toEqual([first, second]);
});

test("taking out and deleting another guest's disk leaves that disk where it is", async () => {
  await create(100, { scsi0: 'local-lvm:1' });
  const foreign = driveOf(node.guests.store.get(100).values, 'scsi0')?.file ?? '';
  await create(101);
  await change(101, { scsi5: foreign, unused3: foreign });
  await change(101, {}, ['scsi5', 'unused3']);

  expect(option(101, 'unused0')).toBeUndefined();
  expect(await node.storage.exists(node.storage.volume(foreign))).toBe(true);
});

test("moving another guest's disk makes a copy and leaves that disk where it is", async () => {
  await create(100, { scsi0: 'local-lvm:1' });
  const foreign = driveOf(node.guests.store.get(100).values, 'scsi0')?.file ?? '';
  await create(101, { scsi5: foreign });
  const to = { storage: 'local-lvm', format: 'qcow2', removeSource: true } as const;
  expect(await outcome(node.guests.diskTasks.move(101, 'scsi5', to))).toBe('OK');

  expect(option(101, 'scsi5')).toMatch(/^local-lvm:101\//);
  expect(await node.storage.exists(node.storage.volume(foreign))).toBe(true);
});

test('an unused entry for a disk that is in use is forgotten, and the disk stays', async () => {
  await create(100, { scsi0: 'local-lvm:1' });
  const own = driveOf(node.guests.store.get(100).values, 'scsi0')?.file ?? '';
  await change(100, { unused0: own });
  await change(100, {}, ['unused0']);
  expect(await node.storage.exists(node.storage.volume(own))).toBe(true);
});

test('clones of a template at once: linked ones stand on it, full ones do not, and it stays while they live', async () => {
  await create(100, { ...IMPORTED, net0: 'virtio,bridge=vmbr0' });
  expect(await outcome(node.guests.cloning.template(100))).toBe('OK');
  const exits = await Promise.all(
    [201, 202, 203].map((newVmid) =>
      outcome(node.guests.cloning.clone(100, { newVmid, full: newVmid === 203 })),
    ),
  );

  expect(exits).toEqual(['OK', 'OK', 'OK']);
  expect(option(201, 'scsi0')).toBe('local-lvm:100/base-100-disk-0.qcow2/201/vm-201-disk-0.qcow2,size=1G');
  expect(option(203, 'scsi0')).toBe('local-lvm:203/vm-203-disk-0.qcow2,size=1G');
  const macs = [100, 201, 202, 203].map((vmid) => option(vmid, 'net0'));
  expect(new Set(macs).size).toBe(4);
  const removal = { skipLock: false, unreferencedDisks: false };
  expect(await outcome(node.guests.creation.destroy(100, removal))).toMatch(
    /still in use by linked clones: 201, 202/,
  );
  for (const vmid of [201, 202, 203, 100]) {
    expect(await outcome(node.guests.creation.destroy(vmid, removal))).toBe('OK');
  }
  expect(readdirSync(images())).toEqual([]);
});

test('the cloud-init drive carries the snippet and the address, and the agent tells that address', async () => {
  writeFileSync(join(stateDir, 'storage/local/snippets/u.yaml'), '#cloud-config\n');
  await node.network.create({ name: 'vmbr0', type: 'bridge', autostart: true, ports: [] });
  await node.tasks.wait(node.network.reload(ROOT), 30);
  await create(100, {
    agent: '1',
    net0: 'virtio=BC:24:11:00:00:01,bridge=vmbr0',
    ide2: 'local-lvm:cloudinit',
    ipconfig0: 'ip=192.168.10.29/24,gw=192.168.10.1',
    cicustom: 'user=local:snippets/u.yaml',
  });
  expect(await start(100)).toBe('OK');

  const files = JSON.parse(await cloudInitText(join(images(), '100/vm-100-cloudinit.qcow2')));
  expect(files['user-data']).toBe('#cloud-config\n');
  const interfaces = await node.guests.agent.command(100, 'guest-network-get-interfaces');
  expect(JSON.stringify(interfaces)).toContain(
    '"ip-address":"192.168.10.29","ip-address-type":"ipv4","prefix":24',
  );
});

test('CPU is a difference between samples that is renewed only after 10 s of the whole machine', async () => {
  await create(100);
  await start(100);
  const cpu = async () => (await node.guests.figures.status(100)).cpu;
  expect(await cpu()).toBe(0);
  now += 10;
  expect(await cpu()).toBe(0);
  now += 60_000;
  expect(await cpu()).toBeCloseTo(0.05, 6);
});

test('a guest that does not power off fails its shutdown, or is ended where that is forced', async () => {
  await node.close();
  node = await startNode({ obeysShutdown: () => false });
  await create(100);
  await start(100);
  const asked = (force: boolean) =>
    outcome(({ log }) => node.guests.power.shutdown(100, { timeoutSeconds: 1, force }, log));
  expect(await asked(false)).toBe('VM quit/powerdown failed - got timeout');
  expect(await asked(true)).toBe('OK');
  expect(node.engine.isRunning(100)).toBe(false);
});

test('at the end of the node all guests are waited for, also where one cannot be ended', async () => {
  for (const vmid of [100, 101]) {
    expect(await create(vmid)).toBe('OK');
    expect(await outcome(({ log }) => node.guests.power.start(vmid, log))).toBe('OK');
  }
  const real = node.engine.shutdown.bind(node.engine);
  jest.spyOn(node.engine, 'shutdown').mockImplementation(async (vmid, ...rest) => {
    if (vmid === 100) throw new Error('it does not answer');
    await new Promise((resolve) => setTimeout(resolve, 20));
    return real(vmid, ...rest);
  });
  await expect(node.guests.power.shutdownAll(1)).rejects.toThrow('it does not answer');
  expect(node.engine.isRunning(101)).toBe(false);
});
