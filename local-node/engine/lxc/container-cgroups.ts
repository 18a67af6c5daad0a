/** What the machine's control groups, of version 1 or 2, keep and count for containers. */
import { accessSync, constants, existsSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ContainerLimits, KeptLimits } from '../container-engine';

const ROOT = '/sys/fs/cgroup';
const IS_ROOT = process.getuid?.() === 0;
/** Why systemd, as the init of a container, ends where an ordinary user has no control group of his own. */
const UNDELEGATED =
  '; systemd needs a control group of its own, which this user may not make: bring the node up with ' +
  '`systemd-run --user --scope -p Delegate=yes npm run node -- up`, or as root';
const MIB = 1024 ** 2;
/** Microseconds in which a CPU limit is kept. */
const PERIOD = 100_000;

export interface GroupFigures {
  readonly cpuSeconds: number | undefined;
  readonly memoryBytes: number | undefined;
  readonly swapBytes: number;
  readonly readBytes: number;
  readonly writtenBytes: number;
}

/** A setting of a control group: name and value. */
export type Setting = readonly [name: string, value: string];

export class ContainerCgroups {
  /** One hierarchy for all controllers? */
  readonly unified = existsSync(join(ROOT, 'cgroup.controllers'));
  readonly keptLimits: KeptLimits;

  /** The group below which containers get theirs: that of all, or for an ordinary user the one that was delegated. */
  private readonly top: string;

  /** `prefix` begins the names of all groups of this node. */
  constructor(private readonly prefix: string) {
    const own = /^0::(\/.*)$/m.exec(text('/proc/self/cgroup'))?.[1] ?? '/';
    this.top = this.unified && !IS_ROOT ? join(ROOT, own) : ROOT;
    this.keptLimits = { memory: this.has('memory'), cpu: this.has('cpu') };
  }

  /** What to do where containers cannot have groups at all, without which systemd does not run; '' where they can. */
  get missing(): string {
    const groups = this.unified ? [this.top] : [join(ROOT, 'systemd'), join(ROOT, 'unified')];
    return groups.some(writable) ? '' : UNDELEGATED;
  }

  /** Lines of LXC's configuration. */
  lines(vmid: number, limits: ContainerLimits): string[] {
    const kind = this.unified ? 'lxc.cgroup2' : 'lxc.cgroup';
    return [
      ...(this.top === ROOT ? [] : ['lxc.cgroup.relative = 1']),
      `lxc.cgroup.dir.container = ${this.groupOf(vmid)}`,
      `lxc.cgroup.dir.monitor = ${this.groupOf(vmid)}.monitor`,
      `lxc.cgroup.dir.monitor.pivot = ${this.groupOf(vmid)}.pivot`,
      ...this.settings(limits).map(([name, value]) => `${kind}.${name} = ${value}`),
    ];
  }

  /** Of the limits those whose controllers are there, in an order in which they can also be raised. */
  settings(limits: ContainerLimits): Setting[] {
    const memory = limits.memoryMiB * MIB;
    const all = memory + limits.swapMiB * MIB;
    const time = limits.cpuLimit > 0 ? Math.round(limits.cpuLimit * PERIOD) : undefined;
    const found: Setting[] = [];
    if (this.keptLimits.memory) {
      if (this.unified) found.push(['memory.max', String(memory)]);
      else found.push(['memory.limit_in_bytes', String(memory)]);
      if (this.unified) found.push(['memory.swap.max', String(limits.swapMiB * MIB)]);
      else if (existsSync(join(ROOT, 'memory', 'memory.memsw.limit_in_bytes')))
        found.push(['memory.memsw.limit_in_bytes', String(all)]);
    }
    if (this.keptLimits.cpu) {
      if (this.unified) found.push(['cpu.max', `${time ?? 'max'} ${PERIOD}`]);
      else found.push(['cpu.cfs_period_us', String(PERIOD)], ['cpu.cfs_quota_us', String(time ?? -1)]);
      const units = limits.cpuUnits;
      if (units !== undefined && units > 0) {
        if (this.unified) found.push(['cpu.weight', String(Math.min(Math.max(units, 1), 10_000))]);
        else found.push(['cpu.shares', String(Math.max(units, 2))]);
      }
    }
    const set = limits.cores === undefined ? undefined : firstCpus(limits.cores);
    if (set !== undefined && this.has('cpuset')) found.push(['cpuset.cpus', set]);
    return found;
  }

  figures(vmid: number): GroupFigures {
    const group = this.groupOf(vmid);
    const at = (controller: string, file: string) =>
      text(this.unified ? join(this.top, group, file) : join(ROOT, controller, group, file));
    if (this.unified) {
      const micro = field(at('cpu', 'cpu.stat'), 'usage_usec');
      return {
        cpuSeconds: micro === undefined ? undefined : micro / 1e6,
        memoryBytes: workingSet(number(at('memory', 'memory.current')), at('memory', 'memory.stat')),
        swapBytes: number(at('memory', 'memory.swap.current')) ?? 0,
        ...ioOf(at('io', 'io.stat'), /rbytes=(\d+)/g, /wbytes=(\d+)/g),
      };
    }
    const nano = number(at('cpuacct', 'cpuacct.usage'));
    const statistics = at('memory', 'memory.stat');
    return {
      cpuSeconds: nano === undefined ? undefined : nano / 1e9,
      memoryBytes: workingSet(number(at('memory', 'memory.usage_in_bytes')), statistics),
      swapBytes: field(statistics, 'total_swap') ?? 0,
      ...ioOf(at('blkio', 'blkio.throttle.io_service_bytes_recursive'), /Read (\d+)/g, /Write (\d+)/g),
    };
  }

  /** Removes what a container has left whose monitor was killed. */
  remove(vmid: number): void {
    const hierarchies = this.unified ? [this.top] : [...directories(ROOT)];
    for (const hierarchy of hierarchies) {
      for (const name of ['', '.monitor', '.pivot']) removeTree(join(hierarchy, this.groupOf(vmid) + name));
    }
  }

  groupOf(vmid: number): string {
    return `${this.prefix}.${vmid}`;
  }

  /** May groups with this controller be made? */
  private has(controller: string): boolean {
    if (!this.unified) return writable(join(ROOT, controller));
    // Only root gives a group's controllers to those below while processes are in it.
    const given = text(join(this.top, IS_ROOT ? 'cgroup.controllers' : 'cgroup.subtree_control'));
    return given.split(/\s+/).includes(controller) && writable(this.top);
  }
}

/** Is it a control group in which this user may make others? */
function writable(group: string): boolean {
  try {
    accessSync(group, constants.W_OK);
    return existsSync(join(group, 'cgroup.procs'));
  } catch {
    return false;
  }
}

/** The kernel counts cached pages of files too, which it gives back when asked: they are no use of memory. */
function workingSet(used: number | undefined, statistics: string): number | undefined {
  if (used === undefined) return undefined;
  const cached = field(statistics, 'total_inactive_file') ?? field(statistics, 'inactive_file') ?? 0;
  return Math.max(0, used - cached);
}

function firstCpus(cores: number): string | undefined {
  const range = /^0-(\d+)$/.exec(text('/sys/devices/system/cpu/online').trim());
  return range && cores <= Number(range[1]) ? `0-${cores - 1}` : undefined;
}

function ioOf(statistics: string, read: RegExp, written: RegExp) {
  const sum = (pattern: RegExp) =>
    [...statistics.matchAll(pattern)].reduce((total, [, bytes]) => total + Number(bytes), 0);
  return { readBytes: sum(read), writtenBytes: sum(written) };
}

function field(statistics: string, name: string): number | undefined {
  const value = new RegExp(`^${name} (\\d+)$`, 'm').exec(statistics)?.[1];
  return value === undefined ? undefined : Number(value);
}

function number(value: string): number | undefined {
  return /^\d+\s*$/.test(value) ? Number(value) : undefined;
}

function text(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function* directories(path: string): Iterable<string> {
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory()) yield join(path, entry.name);
  }
}

function removeTree(path: string): void {
  if (!existsSync(path)) return;
  for (const child of directories(path)) removeTree(child);
  try {
    rmdirSync(path);
  } catch {} // somebody's processes are in it, or it is not ours to remove
}
