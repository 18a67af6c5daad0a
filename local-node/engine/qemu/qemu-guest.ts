import { once } from 'node:events';
import { lstatSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import {
  identify,
  isAlive,
  type ProcessIdentity,
  processStat,
  signal,
  waitForEnd,
} from '../../../machine/processes';
import type { Namespace } from '../../namespace/namespace';
import { AgentNotRunningError, type GuestStatus } from '../guest-engine';
import { GuestAgentClient } from './guest-agent-client';
import { HeldSocket } from './held-socket';
import { monitorArgument, runtimeFiles } from './qemu-arguments';
import { QmpClient } from './qmp-client';

/** USER_HZ, which the kernel's interface fixes on all of Debian's architectures. */
const TICKS_PER_SECOND = 100;

interface BlockStats {
  readonly stats: { readonly rd_bytes: number; readonly wr_bytes: number };
}

type DiskBytes = Pick<GuestStatus, 'diskReadBytes' | 'diskWriteBytes'>;

interface RunState {
  readonly status: string;
}

interface CharacterDevice {
  readonly label: string;
  readonly 'frontend-open': boolean;
}

/** How long a figure of a guest is waited for, milliseconds. */
const STATUS_TIMEOUT = 1500;

/** One running QEMU process, started by this process of the node or by an earlier one. */
export class QemuGuest {
  private readonly agentClient: GuestAgentClient | undefined;
  private detached = false;
  private lastRun = 'unknown';
  private lastDisks: DiskBytes = { diskReadBytes: 0, diskWriteBytes: 0 };

  private constructor(
    readonly vmid: number,
    private readonly process: ProcessIdentity,
    private readonly qmp: QmpClient,
    private readonly sockets: { readonly [Name in 'agent' | 'screen' | 'serial']: HeldSocket | undefined },
    /** What QEMU sees as RUN, with its sockets. */
    readonly sharedDirectory: string,
  ) {
    this.agentClient = sockets.agent && new GuestAgentClient(sockets.agent);
  }

  /**
   * Connects to the guest whose pid file is there; undefined if no process of ours is behind it. One that has only just
   * been started gets `patience` milliseconds to open its monitor.
   */
  static async attach(
    vmid: number,
    namespace: Namespace,
    directory: string,
    patience = 0,
  ): Promise<QemuGuest | undefined> {
    const process = qemuProcess(vmid, namespace, directory);
    if (!process) return undefined;
    try {
      const deadline = performance.now() + patience;
      const mayCome = () => isAlive(process) && performance.now() < deadline;
      const files = runtimeFiles(vmid);
      const qmp = await QmpClient.connect(join(directory, files.qmp), `VM ${vmid}`, mayCome);
      // QEMU opens them before it answers, and before the guest runs; a guest without an agent has no such socket.
      const held = (file: string): HeldSocket | undefined => {
        const path = join(directory, file);
        return lstatSync(path, { throwIfNoEntry: false }) === undefined ? undefined : HeldSocket.hold(path);
      };
      const sockets = { agent: held(files.agent), screen: held(files.screen), serial: held(files.serial) };
      return new QemuGuest(vmid, process, qmp, sockets, join(directory, files.directory));
    } catch (error) {
      // It may have ended meanwhile; one that lives and cannot be spoken to is of no use to anybody.
      signal(process, 'SIGKILL');
      await waitForEnd(process, 5_000);
      if (isAlive(process)) throw error;
      return undefined;
    }
  }

  get isAlive(): boolean {
    return isAlive(this.process);
  }

  /** Resolves once the process has gone, however it ended, or the guest was let go of. */
  async ended(): Promise<void> {
    await this.qmp.closed;
    while (!this.detached && !(await waitForEnd(this.process, 1_000)));
    for (const socket of Object.values(this.sockets)) socket?.close();
  }

  /** Ends the process at once, its disks' metadata written out if QEMU still answers. */
  async stop(): Promise<void> {
    await this.qmp.execute('quit', {}, 2_000).catch(() => undefined);
    if (await waitForEnd(this.process, 5_000)) return;
    signal(this.process, 'SIGKILL');
    if (!(await waitForEnd(this.process, 10_000))) {
      throw new Error(`VM ${this.vmid}: process ${this.process.pid} does not end although killed`);
    }
  }

  /** Asks for a power-off by the agent, or by the ACPI button if the agent is not wanted or not there. */
  async requestPowerOff(viaAgent: boolean): Promise<void> {
    if (viaAgent) {
      try {
        await this.agent('guest-shutdown', { mode: 'powerdown' });
        return;
      } catch (error) {
        if (!(error instanceof AgentNotRunningError)) throw error;
      }
    }
    await this.qmp.execute('system_powerdown');
  }

  /** True once the process has gone, false if it is still there after `seconds`. */
  waitForEnd(seconds: number): Promise<boolean> {
    return waitForEnd(this.process, seconds * 1000);
  }

  /** `timeout` in milliseconds. */
  monitor(command: string, args?: Readonly<Record<string, unknown>>, timeout?: number): Promise<unknown> {
    return this.qmp.execute(command, args, timeout);
  }

  async agent(command: string, args?: Readonly<Record<string, unknown>>): Promise<unknown> {
    // QEMU knows whether a program in the guest holds the port open, so that an absent agent costs no waiting.
    const devices = (await this.qmp.execute('query-chardev')) as readonly CharacterDevice[];
    const port = devices.find((device) => device.label === 'qga0');
    if (!port?.['frontend-open'] || !this.agentClient)
      throw new AgentNotRunningError('QEMU guest agent is not running');
    return this.agentClient.execute(command, args);
  }

  /** The password holds for half a minute, and for whoever connects in that time. */
  async screen(password: string): Promise<Duplex> {
    const { screen } = this.sockets;
    if (!screen) throw new Error(`VM ${this.vmid} has no screen`);
    await this.qmp.execute('set_password', { protocol: 'vnc', password, connected: 'keep' });
    await this.qmp.execute('expire_password', { protocol: 'vnc', time: '+30' });
    return connect(screen);
  }

  async serial(): Promise<Duplex> {
    const { serial } = this.sockets;
    if (!serial) throw new Error(`VM ${this.vmid} has no serial port 'serial0'`);
    return connect(serial);
  }

  /** Undefined if the process has gone. Throws QmpError if QEMU does not answer. */
  async status(): Promise<GuestStatus | undefined> {
    [this.lastRun, this.lastDisks] = await Promise.all([
      this.soon('query-status', this.lastRun, ({ status }: RunState) => String(status)),
      this.soon('query-blockstats', this.lastDisks, diskBytes),
    ]);
    const figures = readProcess(this.vmid, this.process);
    if (!figures) return undefined;
    return {
      vmid: this.vmid,
      pid: this.process.pid,
      ...figures,
      ...this.lastDisks,
      qmpStatus: this.lastRun,
    };
  }

  /** What QEMU says, or what it said last where it does not answer: one that hangs must not keep a list from all others. */
  private async soon<A, T>(command: string, last: T, read: (answer: A) => T): Promise<T> {
    try {
      return read((await this.qmp.execute(command, undefined, STATUS_TIMEOUT)) as A);
    } catch {
      return last;
    }
  }

  /** Lets go of the guest without ending it. */
  detach(): void {
    this.detached = true;
    this.qmp.close();
  }
}

async function connect({ path }: HeldSocket): Promise<Duplex> {
  const socket = createConnection(path);
  await once(socket, 'connect');
  return socket;
}

/** The QEMU process of the guest's pid file, if it is one and runs in our namespace. */
function qemuProcess(vmid: number, namespace: Namespace, directory: string): ProcessIdentity | undefined {
  const { pid: file } = runtimeFiles(vmid);
  try {
    const pid = Number(readFileSync(join(directory, file), 'utf8'));
    const identity = identify(pid);
    const argv = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return namespace.contains(pid) && argv.includes(monitorArgument(vmid)) ? identity : undefined;
  } catch {
    return undefined;
  }
}

function diskBytes(blocks: readonly BlockStats[]): DiskBytes {
  return {
    diskReadBytes: blocks.reduce((sum, { stats }) => sum + stats.rd_bytes, 0),
    diskWriteBytes: blocks.reduce((sum, { stats }) => sum + stats.wr_bytes, 0),
  };
}

type ProcessFigures = Pick<
  GuestStatus,
  'uptime' | 'cpuSeconds' | 'memoryBytes' | 'netInBytes' | 'netOutBytes'
>;

function readProcess(vmid: number, { pid }: ProcessIdentity): ProcessFigures | undefined {
  const stat = processStat(pid);
  if (!stat) return undefined;
  try {
    const sinceBoot = Number.parseFloat(readFileSync('/proc/uptime', 'utf8'));
    const resident = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    if (!resident) return undefined;
    return {
      uptime: Math.max(0, Math.floor(sinceBoot - Number(stat[19]) / TICKS_PER_SECOND)),
      cpuSeconds: (Number(stat[11]) + Number(stat[12])) / TICKS_PER_SECOND,
      memoryBytes: Number(resident[1]) * 1024,
      ...tapBytes(vmid, readFileSync(`/proc/${pid}/net/dev`, 'utf8')),
    };
  } catch {
    return undefined;
  }
}

/** The guest's traffic from its taps' counters: what the node sends into a tap is what the guest receives. */
export function tapBytes(vmid: number, netDev: string): { netInBytes: number; netOutBytes: number } {
  const taps = tapsOf(vmid, netDev);
  return {
    netInBytes: taps.reduce((sum, tap) => sum + tap.sent, 0),
    netOutBytes: taps.reduce((sum, tap) => sum + tap.received, 0),
  };
}

/** Taps of a guest in the text of /proc/net/dev, counters in bytes as the node sees them. */
export function tapsOf(vmid: number, netDev: string): { name: string; received: number; sent: number }[] {
  return netDev.split('\n').flatMap((line) => {
    const [name = '', counters = ''] = line.trim().split(/:\s*/);
    if (!new RegExp(`^tap${vmid}i\\d+$`).test(name)) return [];
    const numbers = counters.split(/\s+/).map(Number);
    return [{ name, received: numbers[0] ?? Number.NaN, sent: numbers[8] ?? Number.NaN }];
  });
}

export async function removeRuntimeFiles(vmid: number, path: string): Promise<void> {
  const { pid, directory } = runtimeFiles(vmid);
  for (const name of [pid, directory]) await rm(join(path, name), { force: true, recursive: true });
}
