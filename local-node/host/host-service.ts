import { readFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import os from 'node:os';
import type { Clock } from '../base/clock';
import { HostSettings } from './host-settings';

/** CPU time is compared over at least this long; until then the last figure is repeated, as on Proxmox VE. */
const CPU_WINDOW_MS = 1000;

/** Shares of all CPUs' time, 0 to 1. */
export interface CpuShares {
  readonly cpu: number;
  readonly wait: number;
}

/** Bytes. */
export interface Memory {
  readonly total: number;
  readonly free: number;
  readonly available: number;
  /** total - available, which is what Proxmox VE 9 calls used. */
  readonly used: number;
  readonly swapTotal: number;
  readonly swapFree: number;
}

/** Bytes. */
export interface FileSystem {
  readonly total: number;
  readonly used: number;
  readonly avail: number;
  readonly free: number;
}

export interface CpuInfo {
  readonly model: string;
  readonly vendor: string;
  readonly family: string;
  readonly flags: string;
  readonly mhz: string;
  readonly cpus: number;
  readonly cores: number;
  readonly sockets: number;
  /** '1' if the CPU can virtualise. */
  readonly hvm: string;
}

interface CpuTimes {
  readonly at: number;
  readonly busy: number;
  readonly wait: number;
  readonly total: number;
}

export interface HostServiceOptions {
  readonly stateDir: string;
  readonly nodeName: string;
  readonly clock: Clock;
}

/** Real figures of the machine that the local node runs on. */
export class HostService {
  private times?: CpuTimes;
  private shares?: CpuShares;
  private info?: CpuInfo;

  readonly settings: HostSettings;

  constructor(private readonly options: HostServiceOptions) {
    this.settings = new HostSettings(options);
  }

  async start(): Promise<void> {
    this.times = this.readCpuTimes();
  }

  /** Undefined until a first window has passed. */
  cpu(): CpuShares | undefined {
    const before = this.times;
    const now = this.readCpuTimes();
    if (before && now.at - before.at >= CPU_WINDOW_MS && now.total > before.total) {
      const all = now.total - before.total;
      this.shares = { cpu: (now.busy - before.busy) / all, wait: (now.wait - before.wait) / all };
      this.times = now;
    }
    return this.shares;
  }

  memory(): Memory {
    const lines = readFileSync('/proc/meminfo', 'utf8').split('\n');
    const kibibytes = new Map(
      lines.map((line) => [line.split(':')[0] ?? '', Number.parseInt(line.split(':')[1] ?? '', 10)]),
    );
    const bytes = (name: string) => {
      const value = kibibytes.get(name);
      if (value === undefined) throw new Error(`/proc/meminfo has no ${name}`);
      return value * 1024;
    };
    const total = bytes('MemTotal');
    const available = bytes('MemAvailable');
    return {
      ...{ total, available, used: total - available, free: bytes('MemFree') },
      ...{ swapTotal: bytes('SwapTotal'), swapFree: bytes('SwapFree') },
    };
  }

  /** Of the file system that holds the node's state. */
  async rootFileSystem(): Promise<FileSystem> {
    const { bsize, blocks, bfree, bavail } = await statfs(this.options.stateDir);
    return {
      total: blocks * bsize,
      used: (blocks - bfree) * bsize,
      avail: bavail * bsize,
      free: bfree * bsize,
    };
  }

  /** 1, 5 and 15 minutes. */
  loadAverage(): [number, number, number] {
    const [one = Number.NaN, five = Number.NaN, fifteen = Number.NaN] = os.loadavg();
    return [one, five, fifteen];
  }

  /** Seconds since the machine started. */
  uptime(): number {
    return Math.floor(os.uptime());
  }

  /** Pages shared by KSM, bytes; undefined if the kernel has no KSM. */
  ksmShared(): number | undefined {
    const pages = readIfThere('/sys/kernel/mm/ksm/pages_sharing');
    return pages === undefined ? undefined : Number(pages) * 4096;
  }

  /** Share of time, in per cent over 10 s, in which some task waited for the resource; undefined without PSI. */
  pressure(resource: 'cpu' | 'io' | 'memory', kind: 'some' | 'full'): number | undefined {
    const text = readIfThere(`/proc/pressure/${resource}`);
    const value = new RegExp(`^${kind} avg10=([\\d.]+)`, 'm').exec(text ?? '')?.[1];
    return value === undefined ? undefined : Number(value);
  }

  cpuInfo(): CpuInfo {
    this.info ??= readCpuInfo();
    return this.info;
  }

  private readCpuTimes(): CpuTimes {
    const line = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0] ?? '';
    // user nice system idle iowait irq softirq steal; guest time is part of user already.
    const times = line.trim().split(/\s+/).slice(1, 9).map(Number);
    const total = times.reduce((sum, value) => sum + value, 0);
    const idle = times[3] ?? 0;
    const wait = times[4] ?? 0;
    return { at: this.options.clock.steady(), busy: total - idle - wait, wait, total };
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function readCpuInfo(): CpuInfo {
  const processors = readFileSync('/proc/cpuinfo', 'utf8')
    .trim()
    .split('\n\n')
    .map(
      (block) =>
        new Map(
          block
            .split('\n')
            .map((line) => [line.split(':')[0]?.trim() ?? '', line.slice(line.indexOf(':') + 1).trim()]),
        ),
    );
  const first = processors[0] ?? new Map<string, string>();
  const flags = first.get('flags') ?? '';
  const sockets = new Set(processors.map((item) => item.get('physical id') ?? '0')).size;
  return {
    model: first.get('model name') ?? 'unknown',
    vendor: first.get('vendor_id') ?? 'unknown',
    family: first.get('cpu family') ?? 'unknown',
    flags,
    mhz: first.get('cpu MHz') ?? '0',
    cpus: processors.length,
    cores: Number(first.get('cpu cores') ?? processors.length) * sockets,
    sockets,
    hvm: /\b(vmx|svm)\b/.test(flags) ? '1' : '',
  };
}
