import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { AgentNotRunningError, type GuestSpec } from '../../local-node/engine/guest-engine';
import { QemuEngine } from '../../local-node/engine/qemu/qemu-engine';
import { NamespaceNetwork } from '../../local-node/namespace/bridges';
import { Namespace } from '../../local-node/namespace/namespace';
import { run } from '../../machine/command';
import { identify } from '../../machine/processes';
import { tinyGuest } from './tiny-guest';

/** An emulated boot of the tiny guest takes about 6 s on a machine that does nothing else. */
jest.setTimeout(240_000);

let stateDir: string;
let namespace: Namespace;
let engine: QemuEngine;
let spec: GuestSpec;

beforeAll(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'qemu-engine-'));
  namespace = await Namespace.ensure(stateDir);
  await new NamespaceNetwork(namespace).apply([{ name: 'vmbr10', addresses: ['192.168.10.1/24'] }]);
  engine = await QemuEngine.create({ stateDir, namespace });
  mkdirSync(join(stateDir, 'storage'), { recursive: true });
  const disk = join(stateDir, 'storage', 'disk.qcow2');
  await engine.importDisk(await tinyGuest(), disk, 'qcow2');
  spec = {
    vmid: 100,
    name: 'tiny',
    cpus: 1,
    memoryMiB: 256,
    scsiController: 'virtio-scsi-single',
    disks: [{ slot: 'scsi0', path: disk, format: 'qcow2', media: 'disk' }],
    nics: [{ index: 0, model: 'virtio', mac: 'BC:24:11:00:00:01', bridge: 'vmbr10', linkDown: false }],
    bootOrder: ['scsi0'],
    agent: true,
    serial: true,
    screen: true,
    kvm: true,
  };
});

afterEach(async () => {
  await engine.stop(100);
});

afterAll(async () => {
  await engine?.close();
  await Namespace.remove(stateDir);
  rmSync(stateDir, { recursive: true, force: true });
});

async function agentAnswers(): Promise<void> {
  for (;;) {
    try {
      await engine.agent(100, 'guest-ping');
      return;
    } catch (error) {
      if (!(error instanceof AgentNotRunningError) || !engine.isRunning(100)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

const links = async () => namespace.run(['ip', '-brief', 'link']);
const pidOf = () => Number(readFileSync(join(Namespace.runtimeDir(stateDir), '100.pid'), 'utf8'));

async function nothingIsLeft(): Promise<void> {
  expect(engine.isRunning(100)).toBe(false);
  expect(await engine.status(100)).toBeUndefined();
  expect(await links()).not.toContain('tap100');
  expect((await namespace.run(['ls', '/run/qemu-server'])).trim()).toBe('');
}

test('a guest boots, answers through its agent, is measured, and shuts down at the request of the agent', async () => {
  await engine.start(spec);
  expect(await links()).toContain('tap100i0');
  // Nothing of the start stays beside it.
  expect(namespace.processes().map(({ pid }) => pid)).toEqual([pidOf()]);
  await expect(engine.start(spec)).rejects.toThrow('VM 100 already running');
  await agentAnswers();
  const interfaces = JSON.stringify(await engine.agent(100, 'guest-network-get-interfaces'));
  expect(interfaces).toContain('bc:24:11:00:00:01');
  const status = await engine.status(100);
  expect(status).toMatchObject({ vmid: 100, pid: pidOf(), qmpStatus: 'running' });
  expect(status?.cpuSeconds).toBeGreaterThan(0);
  expect(status?.memoryBytes).toBeGreaterThan(50e6);
  expect(status?.diskReadBytes).toBeGreaterThan(1e6);
  expect(readFileSync(join(stateDir, 'log', 'console-100.log'), 'utf8')).toContain('tiny guest is up');
  expect(await engine.shutdown(100, 60, true)).toBe(true);
  await nothingIsLeft();
});

test('QEMU has no capability, cannot gain one and filters its system calls', async () => {
  await engine.start(spec);
  const status = readFileSync(`/proc/${pidOf()}/status`, 'utf8');
  for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) {
    expect(status).toMatch(new RegExp(`^${set}:\\t0+$`, 'm'));
  }
  expect(status).toMatch(/^NoNewPrivs:\t1$/m);
  expect(status).toMatch(/^Seccomp:\t2$/m);
  const sandbox = readFileSync(`/proc/${pidOf()}/cmdline`, 'utf8').split('\0');
  expect(sandbox[sandbox.indexOf('-sandbox') + 1]).toBe(
    'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny',
  );
});

test("QEMU sees its guest's files, its own sockets and the system's programs, and nothing else", async () => {
  const other = join(stateDir, 'storage', 'other.qcow2');
  const iso = join(stateDir, 'storage', 'media.iso');
  await engine.createDisk(other, 'qcow2', 2 ** 20);
  writeFileSync(iso, Buffer.alloc(2 ** 20));
  writeFileSync(join(stateDir, 'token'), 'secret');
  const cdrom = { slot: 'ide2', path: iso, format: 'raw' as const, media: 'cdrom' as const };
  await engine.start({ ...spec, disks: [...spec.disks, cdrom] });
  const root = `/proc/${pidOf()}/root`;
  const within = (path: string) => readdirSync(join(root, path)).sort();
  expect(within('/dev')).toEqual(engine.acceleration === 'kvm' ? ['kvm', 'net', 'null'] : ['net', 'null']);
  expect(within('/etc').filter((name) => name !== 'ld.so.cache')).toEqual([]);
  expect(within('/run/qemu-server')).toEqual(['100.qga', '100.qmp', '100.serial0', '100.vnc']);
  expect(within(stateDir)).toEqual(['log', 'storage']);
  expect(within(join(stateDir, 'log'))).toEqual(['console-100.log']);
  expect(within(join(stateDir, 'storage'))).toEqual(['disk.qcow2', 'media.iso']);
  expect(within('/old')).toEqual([]);
  for (const path of ['/etc/shadow', '/proc', '/sys', homedir(), other, join(stateDir, 'token')]) {
    expect([path, existsSync(join(root, path))]).toEqual([path, false]);
  }
  const mounts = readFileSync(`/proc/${pidOf()}/mountinfo`, 'utf8').trim().split('\n');
  const options = new Map(mounts.map((line) => [line.split(' ')[4], line.split(' ')[5]]));
  expect(options.get('/usr')).toMatch(/^ro\b/);
  expect(options.get(iso)).toMatch(/^ro\b/);
  expect(options.get(spec.disks[0]?.path)).toMatch(/^rw\b/);
});

test('nothing that QEMU has open leads out of its root, and it sees no process but itself', async () => {
  await engine.start(spec);
  const open = readdirSync(`/proc/${pidOf()}/fd`).map((fd) => `/proc/${pidOf()}/fd/${fd}`);
  expect(open.filter((path) => statSync(path).isDirectory())).toEqual([]);
  // Devices keep their names, by which it is seen from outside whether a guest uses KVM.
  expect(open.map((path) => readlinkSync(path))).toContain('/dev/net/tun');
  expect(readFileSync(`/proc/${pidOf()}/status`, 'utf8')).toMatch(/^NSpid:\t\d+\t1$/m);
  for (const kind of ['pid', 'mnt', 'ipc']) {
    expect(readlinkSync(`/proc/${pidOf()}/ns/${kind}`)).not.toBe(
      readlinkSync(`/proc/${namespace.holder.pid}/ns/${kind}`),
    );
  }
});

test('a guest on a layer sees the base of its disk, and one that points elsewhere is not started', async () => {
  const directory = (vmid: number) => join(stateDir, 'storage', 'images', String(vmid));
  for (const vmid of [100, 101]) mkdirSync(directory(vmid), { recursive: true });
  const base = join(directory(101), 'base-101-disk-0.qcow2');
  const layer = join(directory(100), 'vm-100-disk-0.qcow2');
  await engine.cloneDisk(spec.disks[0]?.path ?? '', base, 'qcow2', 'full');
  await engine.cloneDisk(base, layer, 'qcow2', 'linked');
  const disks = [{ slot: 'scsi0', path: layer, format: 'qcow2' as const, media: 'disk' as const }];
  await engine.start({ ...spec, disks });
  await agentAnswers();
  const seen = join('/proc', String(pidOf()), 'root', base);
  expect(statSync(seen).ino).toBe(statSync(base).ino);
  await engine.stop(100);
  const stolen = join(directory(101), 'vm-101-disk-0.qcow2');
  await run(['cp', base, stolen]);
  await run(['qemu-img', 'rebase', '-u', '-f', 'qcow2', '-F', 'qcow2', '-b', stolen, layer]);
  await expect(engine.start({ ...spec, disks })).rejects.toThrow(`stands on '${stolen}'`);
  await nothingIsLeft();
});

test('a guest that goes down although its shutdown command was cut off has been shut down', async () => {
  await engine.start(spec);
  await agentAnswers();
  const script = '#!/bin/sh\n(/bin/busybox sleep 1; /bin/busybox poweroff -f) &\nkill -9 $$\n';
  const path = '/bin/shutdown';
  const handle = await engine.agent(100, 'guest-file-open', { path, mode: 'w' });
  await engine.agent(100, 'guest-file-write', {
    handle,
    'buf-b64': Buffer.from(script).toString('base64'),
  });
  await engine.agent(100, 'guest-file-close', { handle });
  expect(await engine.shutdown(100, 60, true)).toBe(true);
  await nothingIsLeft();
});

test('a guest without an answering agent shuts down at the power button', async () => {
  await engine.start({ ...spec, agent: false });
  const console = join(stateDir, 'log', 'console-100.log');
  while (!readFileSync(console, 'utf8').includes('is up'))
    await new Promise((resolve) => setTimeout(resolve, 200));
  await expect(engine.agent(100, 'guest-ping')).rejects.toThrow(AgentNotRunningError);
  // A button pressed before anybody listens is lost, as on a machine.
  while (!(await engine.shutdown(100, 5, true)));
  await nothingIsLeft();
});

test('a shutdown that the guest does not follow ends with false and a running guest', async () => {
  await engine.start(spec);
  expect(await engine.shutdown(100, 0.1, false)).toBe(false);
  expect(engine.isRunning(100)).toBe(true);
  await engine.stop(100);
  await nothingIsLeft();
});

test('a guest that is killed from outside is noticed and leaves nothing', async () => {
  await engine.start(spec);
  process.kill(pidOf(), 'SIGKILL');
  while (engine.isRunning(100)) await new Promise((resolve) => setTimeout(resolve, 20));
  await engine.stop(100);
  await nothingIsLeft();
});

/** Where this user may make a group whose threads are counted. */
const PIDS = ['/sys/fs/cgroup/pids', '/sys/fs/cgroup'].find((path) => mayMakeGroups(path));
if (!PIDS) console.warn('left out, for this user may make no control group: limits of QEMU');

function mayMakeGroups(path: string): boolean {
  const group = join(path, `lab-probe-${process.pid}`);
  try {
    mkdirSync(group);
    const counts = existsSync(join(group, 'pids.max'));
    rmdirSync(group);
    return counts;
  } catch {
    return false;
  }
}

(PIDS ? test : test.skip)('QEMU runs in a control group with limits, which goes with it', async () => {
  const cgroup = join(PIDS ?? '', `lab-test-${process.pid}`);
  mkdirSync(cgroup);
  const limited = await QemuEngine.create({ stateDir, namespace, cgroup });
  try {
    await limited.start(spec);
    const group = join(cgroup, 'pve-lab-100');
    expect(readFileSync(join(group, 'cgroup.procs'), 'utf8')).toBe(`${pidOf()}\n`);
    expect(readFileSync(join(group, 'pids.max'), 'utf8')).toBe('256\n');
    await limited.stop(100);
    expect(existsSync(group)).toBe(false);
  } finally {
    await limited.close();
    rmdirSync(cgroup);
  }
});

test('a guest whose QEMU hangs is shown with what is known of it', async () => {
  await engine.start(spec);
  const before = await engine.status(100);
  process.kill(pidOf(), 'SIGSTOP');
  try {
    expect(await engine.status(100)).toMatchObject({ pid: pidOf(), qmpStatus: before?.qmpStatus });
  } finally {
    process.kill(pidOf(), 'SIGCONT');
  }
});

test('guests outlive the process of the node and are found again', async () => {
  await engine.start(spec);
  const pid = pidOf();
  await engine.close();
  engine = await QemuEngine.create({ stateDir, namespace });
  expect(engine.isRunning(100)).toBe(false);
  expect(await engine.recover()).toEqual([100]);
  expect((await engine.status(100))?.pid).toBe(pid);
  await engine.stop(100);
  await nothingIsLeft();
});

test('a guest whose monitor is a link to another by now is ended and not spoken to', async () => {
  await engine.start(spec);
  const pid = pidOf();
  const monitor = join(Namespace.runtimeDir(stateDir), '100', '100.qmp');
  renameSync(monitor, `${monitor}.moved`);
  symlinkSync(`${monitor}.moved`, monitor);
  await engine.close();
  engine = await QemuEngine.create({ stateDir, namespace });
  expect(await engine.recover()).toEqual([]);
  expect(identify(pid)).toBeUndefined();
  await nothingIsLeft();
});

test('a disk grows while its guest runs', async () => {
  await engine.start(spec);
  const [disk] = spec.disks;
  await engine.resizeDisk(100, 'scsi0', disk?.path ?? '', 128 * 2 ** 20);
  expect((await engine.diskInfo(disk?.path ?? '')).virtualBytes).toBe(128 * 2 ** 20);
});

test('the disks of a running guest are copied while it runs, and the copies boot', async () => {
  await engine.start(spec);
  await agentAnswers();
  const path = join(stateDir, 'storage', 'copy.qcow2');
  const lines: string[] = [];
  const log = (line: string) => lines.push(line);
  await engine.copyRunning(100, [{ slot: 'scsi0', path, format: 'qcow2' }], { freeze: true, log });
  expect(await engine.agent(100, 'guest-fsfreeze-status').catch(() => 'thawed')).toBe('thawed');
  await expect(
    engine.copyRunning(100, [{ slot: 'scsi7', path, format: 'qcow2' }], { freeze: false, log }),
  ).rejects.toThrow("no disk 'scsi7'");
  await engine.stop(100);

  const disks = [{ slot: 'scsi0', path, format: 'qcow2' as const, media: 'disk' as const }];
  await engine.start({ ...spec, disks });
  await agentAnswers();
});

test('a disk moves while its guest runs, which goes on with the moved one', async () => {
  const [old, path] = ['move.qcow2', 'moved.raw'].map((name) => join(stateDir, 'storage', name));
  await engine.importDisk(await tinyGuest(), old ?? '', 'qcow2');
  const disks = [{ slot: 'scsi0', path: old ?? '', format: 'qcow2' as const, media: 'disk' as const }];
  await engine.start({ ...spec, disks });
  await agentAnswers();
  await engine.moveRunning(100, { slot: 'scsi0', path: path ?? '', format: 'raw' });
  rmSync(old ?? '');
  await engine.resizeDisk(100, 'scsi0', path ?? '', 256 * 2 ** 20);
  expect((await engine.diskInfo(path ?? '')).virtualBytes).toBe(256 * 2 ** 20);
  await engine.agent(100, 'guest-ping');
  await engine.stop(100);
  const moved = [{ slot: 'scsi0', path: path ?? '', format: 'raw' as const, media: 'disk' as const }];
  await engine.start({ ...spec, disks: moved });
  await agentAnswers();
});

test('a raw disk with a thread of its own boots, read by io_uring and natively past the page cache', async () => {
  const disk = join(stateDir, 'storage', 'threaded.raw');
  await engine.importDisk(await tinyGuest(), disk, 'raw');
  for (const aio of ['io_uring', 'native'] as const) {
    const options = { aio, cache: 'none', discard: true, iothread: true } as const;
    await engine.start({
      ...spec,
      disks: [{ slot: 'scsi0', path: disk, format: 'raw', media: 'disk', ...options }],
    });
    await agentAnswers();
    await engine.stop(100);
  }
  rmSync(disk);
});

test("a start that fails says why in QEMU's words and leaves nothing", async () => {
  const disks = [
    { slot: 'scsi0', path: '/nonexistent.qcow2', format: 'qcow2' as const, media: 'disk' as const },
  ];
  await expect(engine.start({ ...spec, disks })).rejects.toThrow(/nonexistent\.qcow2/);
  await nothingIsLeft();
  const nics = spec.nics.map((nic) => ({ ...nic, bridge: 'vmbr77' }));
  await expect(engine.start({ ...spec, nics })).rejects.toThrow("bridge 'vmbr77' does not exist");
  await nothingIsLeft();
});

test('its screen is reached with the password alone, and its serial port goes to its log and to whoever looks', async () => {
  await engine.start(spec);
  const serial = await engine.serial(100);
  const lines: Buffer[] = [];
  serial.on('data', (chunk: Buffer) => lines.push(chunk));
  const screen = await engine.screen(100, 'letmein8');
  const [greeting] = (await once(screen, 'data')) as [Buffer];
  expect(greeting.toString()).toMatch(/^RFB 003\.00\d\n$/);
  screen.write('RFB 003.008\n');
  const [types] = (await once(screen, 'data')) as [Buffer];
  // One kind of authentication: VNC's.
  expect([...types]).toEqual([1, 2]);
  screen.destroy();
  await agentAnswers();
  const log = readFileSync(join(stateDir, 'log/console-100.log'));
  expect(log.length).toBeGreaterThan(0);
  expect(Buffer.concat(lines).length).toBeGreaterThan(0);
  expect(log.includes(Buffer.concat(lines).subarray(-64))).toBe(true);
  serial.destroy();
});

test('a guest without a graphics card has no screen, and one that does not run neither', async () => {
  await engine.start({ ...spec, screen: false, serial: false });
  await expect(engine.screen(100, 'letmein8')).rejects.toThrow('VM 100 has no screen');
  await expect(engine.serial(100)).rejects.toThrow("VM 100 has no serial port 'serial0'");
  await engine.stop(100);
  await expect(engine.screen(100, 'letmein8')).rejects.toThrow('VM 100 not running');
});

test('a guest goes on in the memory that a snapshot kept, and loses what came after it', async () => {
  const disks = [{ slot: 'scsi0', path: spec.disks[0]?.path ?? '' }];
  const options = { freeze: false, memory: true, log: () => undefined };
  const write = async (text: string) => {
    const handle = await engine.agent(100, 'guest-file-open', { path: '/note', mode: 'w' });
    await engine.agent(100, 'guest-file-write', { handle, 'buf-b64': Buffer.from(text).toString('base64') });
    await engine.agent(100, 'guest-file-close', { handle });
  };
  const read = async () => {
    const handle = await engine.agent(100, 'guest-file-open', { path: '/note' });
    const answer = await engine.agent(100, 'guest-file-read', { handle });
    await engine.agent(100, 'guest-file-close', { handle });
    return Buffer.from((answer as { 'buf-b64': string })['buf-b64'], 'base64').toString();
  };
  await engine.start(spec);
  await agentAnswers();
  await write('before');
  expect(await engine.takeSnapshot(100, 'warm', disks, options)).toBeGreaterThan(2 ** 20);
  await write('after');
  await expect(engine.takeSnapshot(100, 'warm', disks, options)).rejects.toThrow('already exists');
  expect(await engine.takeSnapshot(100, 'disks', disks, { ...options, memory: false })).toBe(0);
  await engine.removeSnapshot(100, 'disks', disks);

  await engine.stop(100);
  await engine.rollBack('warm', disks);
  await engine.start(spec, 'warm');
  await agentAnswers();
  expect(await read()).toBe('before');
  await engine.stop(100);
  await expect(engine.start(spec, 'disks')).rejects.toThrow("no memory of snapshot 'disks'");
  expect(engine.isRunning(100)).toBe(false);
  await engine.removeSnapshot(100, 'warm', disks);
});
