import type { Duplex } from 'node:stream';

/**
 * The seam between the API of the local node and what runs its guests.
 *
 * Two implementations: QemuEngine (real guests, KVM or TCG) and SimulatedEngine (a state machine with a clock that
 * tests drive). Routes and services know neither. All sizes are bytes, all times seconds, unless a name says otherwise.
 */

export type Acceleration = 'kvm' | 'tcg' | 'simulated';
export type DiskFormat = 'qcow2' | 'raw';
/** As Proxmox VE names them; what each means for writes is in QEMU's manual, -drive cache. */
export const CACHE_MODES = ['none', 'writethrough', 'writeback', 'unsafe', 'directsync'] as const;
export type CacheMode = (typeof CACHE_MODES)[number];

export const AIO_MODES = ['native', 'threads', 'io_uring'] as const;
export type AioMode = (typeof AIO_MODES)[number];

/** A disk or CD-ROM as a guest sees it. */
export interface GuestDisk {
  /** Bus and index, as in the configuration: scsi0, ide2, virtio1, sata0. */
  readonly slot: string;
  readonly path: string;
  readonly format: DiskFormat;
  readonly media: 'disk' | 'cdrom';
  /** Undefined = the engine's own. */
  readonly cache?: CacheMode;
  /** Undefined = the engine's own. */
  readonly aio?: AioMode;
  /** Whether what the guest gives back is given back on the storage. */
  readonly discard?: boolean;
  /** Whether a thread of its own serves it. */
  readonly iothread?: boolean;
}

/** What an image says of itself. */
export interface DiskInfo {
  readonly virtualBytes: number;
  readonly usedBytes: number;
  readonly format: string;
  readonly backingFile?: string;
  /** Where a qcow2 image keeps its data, if not in itself. */
  readonly dataFile?: string;
}

/** A disk of a running guest, and where its copy goes. */
export interface DiskCopy {
  readonly slot: string;
  readonly path: string;
  readonly format: DiskFormat;
}

export interface RunningCopyOptions {
  /** Asks the guest's agent to hold its file systems still for that moment, if it answers. */
  readonly freeze: boolean;
  /** Stops the guest's virtual CPUs for that moment. @default false */
  readonly pause?: boolean;
  readonly log: (line: string) => void;
  /** Told of from time to time, bytes. @default nobody */
  readonly progress?: (done: number, total: number) => void;
  /** Ends the copying when aborted; no copy is left then. @default none */
  readonly signal?: AbortSignal;
}

/** A disk that keeps snapshots in its own file, which qcow2 alone can. */
export interface SnapshotDisk {
  /** Undefined if the guest has it in no slot, as an unused one. */
  readonly slot: string | undefined;
  readonly path: string;
}

export interface SnapshotOptions extends RunningCopyOptions {
  /** Keeps a running guest's memory too; it stands still until that is written. Nothing is to be frozen then. */
  readonly memory: boolean;
}

/** A network interface as a guest sees it; its tap on the node is tap<vmid>i<index>, as on Proxmox VE. */
export interface GuestNic {
  readonly index: number;
  /** virtio, e1000, ... */
  readonly model: string;
  readonly mac: string;
  readonly bridge: string;
  readonly linkDown: boolean;
}

/** What an engine needs to run one guest; derived from the guest's configuration file. */
export interface GuestSpec {
  readonly vmid: number;
  readonly name: string;
  /** Virtual CPUs in total: sockets × cores. */
  readonly cpus: number;
  readonly memoryMiB: number;
  readonly scsiController: string;
  readonly disks: readonly GuestDisk[];
  readonly nics: readonly GuestNic[];
  /** Slots to boot from, in order. */
  readonly bootOrder: readonly string[];
  readonly agent: boolean;
  readonly serial: boolean;
  /** Does it have a graphics card, whose screen can be looked at? */
  readonly screen: boolean;
  /** False when the configuration asks for emulation (kvm: 0). */
  readonly kvm: boolean;
}

export interface GuestStatus {
  readonly vmid: number;
  readonly pid: number;
  /** Seconds since the guest's process started. */
  readonly uptime: number;
  /** Total CPU time of the guest's process, seconds; the API makes its rate from differences of this. */
  readonly cpuSeconds: number;
  /** Resident memory of the guest's process, bytes. */
  readonly memoryBytes: number;
  readonly netInBytes: number;
  readonly netOutBytes: number;
  readonly diskReadBytes: number;
  readonly diskWriteBytes: number;
  /** From QMP: running, paused, ... */
  readonly qmpStatus: string;
}

/** A cloud-init drive has this size, as on Proxmox VE, unless its files need more. */
export const CLOUD_INIT_BYTES = 4 * 1024 * 1024;

/** Files on a cloud-init drive (NoCloud, label cidata), by name: user-data, meta-data, network-config, vendor-data. */
export type CloudInitFiles = Readonly<Record<string, string>>;

/** Thrown by agent() when the guest agent does not answer; the API says "QEMU guest agent is not running". */
export class AgentNotRunningError extends Error {
  override readonly name = 'AgentNotRunningError';
}

/** Thrown by agent() when the agent answered with an error of its own; `message` is the agent's description. */
export class AgentCommandError extends Error {
  override readonly name = 'AgentCommandError';
}

export interface GuestEngine {
  readonly acceleration: Acceleration;
  /** "QEMU emulator version ..." without the words around it, for example 7.2.22. */
  readonly version: string;

  /** Makes an empty disk. Parent directories exist. Errors leave no file behind. */
  createDisk(path: string, format: DiskFormat, sizeBytes: number): Promise<void>;
  /** Makes `path` from the image `source` (any format that QEMU reads). It is whole or absent, at any moment. */
  importDisk(source: string, path: string, format: DiskFormat): Promise<void>;
  /**
   * full: an independent copy; linked: a thin layer over `source`, which must stay. With a snapshot, a full copy of what
   * the disk was then, of a running guest's too.
   */
  cloneDisk(
    source: string,
    path: string,
    format: DiskFormat,
    mode: 'full' | 'linked',
    snapshot?: string,
  ): Promise<void>;
  /**
   * Independent copies of disks of a running guest, all as they are at one moment. Each is whole or absent; the guest
   * goes on meanwhile.
   */
  copyRunning(vmid: number, copies: readonly DiskCopy[], options: RunningCopyOptions): Promise<void>;
  /** Ends copies that a node left under way which was killed; a guest that stood still for one goes on. */
  endCopies(vmid: number): Promise<void>;
  /** Moves a disk of a running guest, which goes on with the copy; the old file is whole and no longer used. */
  moveRunning(vmid: number, copy: DiskCopy): Promise<void>;
  /** Grows a disk, of a running guest too. */
  resizeDisk(vmid: number, slot: string, path: string, sizeBytes: number): Promise<void>;
  /**
   * Keeps disks as they are at one moment, under a name, and a running guest's memory if asked; returns that memory's
   * bytes. Throws if one of them cannot; then some may have it, see removeSnapshot().
   */
  takeSnapshot(
    vmid: number,
    name: string,
    disks: readonly SnapshotDisk[],
    options: SnapshotOptions,
  ): Promise<number>;
  /** Puts disks of a guest that does not run back to what they were; it can be done again. */
  rollBack(name: string, disks: readonly SnapshotDisk[]): Promise<void>;
  /** Removes a snapshot from disks, of a running guest too. Those that have none of that name stay as they are. */
  removeSnapshot(vmid: number, name: string, disks: readonly SnapshotDisk[]): Promise<void>;
  /** Virtual size, bytes on disk, format. Throws if the file is no image that can be read. */
  diskInfo(path: string): Promise<DiskInfo>;
  /** Writes an ISO 9660 image with the label cidata, in the format that the path's name tells. */
  writeCloudInitDrive(path: string, files: CloudInitFiles): Promise<void>;

  /**
   * Starts the guest and returns when its virtual CPUs run; with a snapshot, in the memory that is kept under that name.
   * Throws with QEMU's own words if it does not.
   */
  start(spec: GuestSpec, snapshot?: string): Promise<void>;
  /** Ends the guest at once. Nothing happens if it does not run. */
  stop(vmid: number): Promise<void>;
  /** Asks the guest to power off and waits; false if it still runs after timeoutSeconds. */
  shutdown(vmid: number, timeoutSeconds: number, viaAgent: boolean): Promise<boolean>;
  /** Hard reset, without a new process. */
  reset(vmid: number): Promise<void>;
  isRunning(vmid: number): boolean;
  /** Undefined if the guest does not run. */
  status(vmid: number): Promise<GuestStatus | undefined>;
  /** Runs one command of the QEMU guest agent protocol, e.g. agent(100, 'guest-ping'); returns its `return` value. */
  agent(vmid: number, command: string, args?: Readonly<Record<string, unknown>>): Promise<unknown>;
  /**
   * Connects to the guest's screen: the protocol is RFB, whose VNC authentication asks for `password`, of 8 characters at
   * most. Throws if the guest does not run or has no screen.
   */
  screen(vmid: number, password: string): Promise<Duplex>;
  /** Connects to the first serial port, which one can do at a time. Throws if the guest does not run or has none. */
  serial(vmid: number): Promise<Duplex>;

  /** Finds guests that outlived a crash of the node's process and takes them over; returns their vmids. */
  recover(): Promise<readonly number[]>;
  /** Lets go of resources of this process; guests keep running unless stopped before. */
  close(): Promise<void>;
}
