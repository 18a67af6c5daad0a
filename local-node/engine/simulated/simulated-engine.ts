import type { Duplex } from 'node:stream';
import { type Clock, systemClock } from '../../base/clock';
import {
  AgentNotRunningError,
  CLOUD_INIT_BYTES,
  type CloudInitFiles,
  type DiskCopy,
  type DiskFormat,
  type GuestDisk,
  type GuestEngine,
  type GuestSpec,
  type GuestStatus,
  type SnapshotDisk,
  type SnapshotOptions,
} from '../guest-engine';
import { SimulatedGuest } from './simulated-guest';
import {
  cloudInitText,
  readImage,
  readSnapshots,
  resizeImage,
  writeCloudInitImage,
  writeImage,
  writeSnapshots,
} from './simulated-image';
import type { GuestFiles } from './simulated-programs';

export interface SimulatedEngineOptions {
  /** @default the system's */
  readonly clock?: Clock;
  /**
   * Time from a guest's start until its agent answers, seconds.
   * @default 0
   */
  readonly bootSeconds?: number;
  /**
   * Files of a guest besides those that every simulated guest has.
   * @default none
   */
  readonly files?: (spec: GuestSpec) => GuestFiles;
  /**
   * Does the guest power off when asked?
   * @default true
   */
  readonly obeysShutdown?: (spec: GuestSpec) => boolean;
}

interface Running {
  readonly guest: SimulatedGuest;
  /** As they are now: they move. */
  readonly disks: readonly GuestDisk[];
  readonly pid: number;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

/** Share of a CPU that a simulated guest is said to use. */
const CPU_SHARE = 0.05;
const FIRST_PID = 1_000_000_000;

/**
 * Guests as a state machine, for fast tests and for hundreds of guests. Nothing runs: disks are headers without data,
 * figures follow the clock. Its acceleration is "simulated", and all that is made from its figures must say so.
 */
export class SimulatedEngine implements GuestEngine {
  readonly acceleration = 'simulated';
  readonly version = '0.0.0';
  private readonly running = new Map<number, Running>();
  private readonly clock: Clock;
  private lastPid = FIRST_PID;

  constructor(private readonly options: SimulatedEngineOptions = {}) {
    this.clock = options.clock ?? systemClock;
  }

  /** In the words of qemu-img, which does not read what a running QEMU may write. */
  private requireUnlocked(path: string): void {
    const open = [...this.running.values()].some(({ disks }) =>
      disks.some((disk) => disk.path === path && disk.media === 'disk'),
    );
    if (!open) return;
    const fault = `Could not open '${path}': Failed to get shared "write" lock`;
    throw new Error(`qemu-img: ${fault}\nIs another process using the image [${path}]?`);
  }

  async createDisk(path: string, format: DiskFormat, sizeBytes: number): Promise<void> {
    await writeImage(path, format, sizeBytes);
  }

  async importDisk(source: string, path: string, format: DiskFormat): Promise<void> {
    this.requireUnlocked(source);
    await writeImage(path, format, (await readImage(source)).virtualBytes);
  }

  async cloneDisk(
    source: string,
    path: string,
    format: DiskFormat,
    mode: 'full' | 'linked',
    snapshot?: string,
  ): Promise<void> {
    if (mode === 'full' && snapshot === undefined) this.requireUnlocked(source);
    await this.copy(source, path, format, mode);
    if (snapshot !== undefined) await resizeImage(path, (await kept(source, snapshot)).virtualBytes);
  }

  private async copy(
    source: string,
    path: string,
    format: DiskFormat,
    mode: 'full' | 'linked',
  ): Promise<void> {
    const { virtualBytes } = await readImage(source);
    await writeImage(path, format, virtualBytes, mode === 'linked' ? source : undefined);
  }

  async copyRunning(vmid: number, copies: readonly DiskCopy[]): Promise<void> {
    const disks = this.running.get(vmid)?.disks ?? [];
    for (const { slot, path, format } of copies) {
      const source = disks.find((disk) => disk.slot === slot);
      if (!source) throw new Error(`VM ${vmid} has no disk '${slot}'`);
      await this.copy(source.path, path, format, 'full');
    }
  }

  async endCopies(): Promise<void> {}

  async moveRunning(vmid: number, copy: DiskCopy): Promise<void> {
    await this.copyRunning(vmid, [copy]);
    const entry = this.running.get(vmid);
    if (!entry) return;
    const disks = entry.disks.map((disk) => (disk.slot === copy.slot ? { ...disk, ...copy } : disk));
    this.running.set(vmid, { ...entry, disks });
  }

  async resizeDisk(_vmid: number, _slot: string, path: string, sizeBytes: number): Promise<void> {
    await resizeImage(path, sizeBytes);
  }

  /** As long as a real guest's memory is, though there is none. */
  async takeSnapshot(
    vmid: number,
    name: string,
    disks: readonly SnapshotDisk[],
    { memory }: SnapshotOptions,
  ): Promise<number> {
    const entry = memory ? this.running.get(vmid) : undefined;
    for (const { path } of disks) {
      const { virtualBytes } = await readImage(path);
      const uptime = entry && (this.clock.steady() - entry.since) / 1000;
      const own = uptime === undefined ? {} : { memory: { uptime, files: entry?.guest.memory ?? {} } };
      await writeSnapshots(path, (await readSnapshots(path)).set(name, { virtualBytes, ...own }));
    }
    return entry ? memoryBytes(entry.guest.spec) : 0;
  }

  async rollBack(name: string, disks: readonly SnapshotDisk[]): Promise<void> {
    for (const { path } of disks) await resizeImage(path, (await kept(path, name)).virtualBytes);
  }

  async removeSnapshot(_vmid: number, name: string, disks: readonly SnapshotDisk[]): Promise<void> {
    for (const { path } of disks) {
      const snapshots = await readSnapshots(path);
      if (snapshots.delete(name)) await writeSnapshots(path, snapshots);
    }
  }

  async diskInfo(path: string) {
    return readImage(path);
  }

  async writeCloudInitDrive(path: string, files: CloudInitFiles): Promise<void> {
    await writeCloudInitImage(path, CLOUD_INIT_BYTES, JSON.stringify(files));
  }

  async start(spec: GuestSpec, snapshot?: string): Promise<void> {
    if (this.running.has(spec.vmid)) throw new Error(`VM ${spec.vmid} already running`);
    for (const disk of spec.disks) await readImage(disk.path);
    const disk = spec.disks.find(({ media }) => media === 'disk');
    const memory = snapshot !== undefined && disk ? (await kept(disk.path, snapshot)).memory : undefined;
    if (snapshot !== undefined && !memory) throw new Error(`snapshot '${snapshot}' holds no memory`);
    const files = memory?.files ?? this.options.files?.(spec) ?? {};
    const guest = new SimulatedGuest(spec, await cloudInitOf(spec), files, () => this.clock.now());
    this.lastPid += 1;
    const since = this.clock.steady() - (memory?.uptime ?? 0) * 1000;
    this.running.set(spec.vmid, { guest, disks: spec.disks, pid: this.lastPid, since });
  }

  async stop(vmid: number): Promise<void> {
    this.running.delete(vmid);
  }

  /** Obeys at once, or not at all. */
  async shutdown(vmid: number): Promise<boolean> {
    const entry = this.running.get(vmid);
    if (!entry) return true;
    if (this.options.obeysShutdown?.(entry.guest.spec) === false) return false;
    this.running.delete(vmid);
    return true;
  }

  async reset(vmid: number): Promise<void> {
    const entry = this.running.get(vmid);
    if (entry) this.running.set(vmid, { ...entry, since: this.clock.steady() });
  }

  isRunning(vmid: number): boolean {
    return this.running.has(vmid);
  }

  async status(vmid: number): Promise<GuestStatus | undefined> {
    const entry = this.running.get(vmid);
    if (!entry) return undefined;
    const uptime = (this.clock.steady() - entry.since) / 1000;
    return {
      vmid,
      pid: entry.pid,
      uptime,
      cpuSeconds: uptime * CPU_SHARE,
      memoryBytes: memoryBytes(entry.guest.spec),
      netInBytes: 0,
      netOutBytes: 0,
      diskReadBytes: 0,
      diskWriteBytes: 0,
      qmpStatus: 'running',
    };
  }

  async agent(vmid: number, command: string, args: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    const entry = this.running.get(vmid);
    const booted = entry && this.clock.steady() - entry.since >= (this.options.bootSeconds ?? 0) * 1000;
    if (!booted || !entry.guest.spec.agent) throw new AgentNotRunningError(`no agent answers in VM ${vmid}`);
    return entry.guest.agent(command, args);
  }

  async screen(vmid: number): Promise<Duplex> {
    throw new Error(`VM ${vmid} is simulated: it has no screen`);
  }

  async serial(vmid: number): Promise<Duplex> {
    throw new Error(`VM ${vmid} is simulated: it has no serial port`);
  }

  /** Simulated guests end with the process that simulates them. */
  async recover(): Promise<readonly number[]> {
    return [...this.running.keys()];
  }

  async close(): Promise<void> {}
}

function memoryBytes({ memoryMiB }: GuestSpec): number {
  return (memoryMiB * 1024 * 1024) / 4;
}

/** What a disk was at a snapshot. */
async function kept(path: string, name: string) {
  const snapshot = (await readSnapshots(path)).get(name);
  if (!snapshot) throw new Error(`qemu-img: Could not apply snapshot '${name}': snapshot not found`);
  return snapshot;
}

/** What the guest's cloud-init drive holds; nothing if it has none. */
async function cloudInitOf(spec: GuestSpec): Promise<CloudInitFiles> {
  const drive = spec.disks.find(({ media, path }) => media === 'cdrom' && path.includes('cloudinit'));
  return drive ? (JSON.parse(await cloudInitText(drive.path)) as CloudInitFiles) : {};
}
