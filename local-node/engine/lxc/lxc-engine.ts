import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../../machine/command';
import { identify, isAlive, type ProcessIdentity, parentOf, waitForEnd } from '../../../machine/processes';
import { NO_IDS } from '../../namespace/id-maps';
import {
  type ConsoleMode,
  type ContainerEngine,
  type ContainerInterface,
  type ContainerLimits,
  type ContainerNic,
  type ContainerSpec,
  type ContainerStatus,
  noContainers,
  type Terminal,
} from '../container-engine';
import { ContainerCgroups } from './container-cgroups';
import { readInterfaces } from './container-interfaces';
import { ContainerRoots, type ContainerRootsOptions } from './container-root';
import { lxcConfig, plugLines } from './lxc-config';
import { lastWords } from './lxc-log';
import { readProcesses, vethBytes, vethsOf } from './process-figures';
import { terminalOf } from './terminal-relay';

/** Where the namespace shows run/lxc of the state directory, on a path that the containers' users may pass. */
const LXC_PATH = '/run/pve-lxc';
/** Theirs alone is the way, not the view; above it lies a directory that nobody else may enter. */
const PASSABLE = 0o711;
/** A shell of root, the best that there is. */
const SHELL = 'cd; if command -v bash >/dev/null; then exec bash -l; else exec sh -l; fi';
/** Milliseconds for a container that was killed to be gone. */
const END_TIMEOUT = 10_000;

/** A running container, told from a later one under the same vmid by its init. */
interface Running {
  readonly init: ProcessIdentity;
  /** LXC's process beside it, which takes down what the container had. */
  readonly monitor: ProcessIdentity | undefined;
  readonly diskBytes: number;
}

/** Runs containers with LXC in the node's namespace, each in a user namespace of its own. */
export class LxcEngine extends ContainerRoots implements ContainerEngine {
  readonly fault = undefined;
  private readonly running = new Map<number, Running>();
  private readonly cgroups: ContainerCgroups;
  /** Its LXC path: the configuration and the log of each container. */
  private readonly directory: string;

  private constructor(
    options: ContainerRootsOptions,
    readonly version: string,
  ) {
    super(options);
    this.directory = join(options.stateDir, 'run', 'lxc');
    const lab = createHash('sha256').update(options.stateDir).digest('hex').slice(0, 8);
    this.cgroups = new ContainerCgroups(`pve-lab-${lab}`);
    mkdirSync(this.directory, { recursive: true });
    chmodSync(this.directory, PASSABLE);
  }

  /** An engine that refuses, with what to do about it, where containers cannot run. */
  static async create(options: ContainerRootsOptions): Promise<ContainerEngine> {
    const version = await run(['lxc-start', '--version']).catch(() => undefined);
    if (version === undefined) {
      return noContainers('containers need LXC, which is not installed; npm run setup installs it');
    }
    if (!options.namespace.hasContainerIds) return noContainers(`containers cannot be made: ${NO_IDS}`);
    const engine = new LxcEngine(options, version.trim());
    const shown = 'mkdir -p "$1" && if ! mountpoint -q "$1"; then mount --bind "$0" "$1"; fi';
    await options.namespace.run(['sh', '-c', shown, engine.directory, LXC_PATH]);
    return engine;
  }

  get keptLimits() {
    return this.cgroups.keptLimits;
  }

  async start(spec: ContainerSpec): Promise<void> {
    const { vmid, root } = spec;
    if (this.isRunning(vmid)) throw new Error(`CT ${vmid} already running`);
    this.clean(vmid);
    await this.show(root);
    const directory = join(this.directory, String(vmid));
    await mkdir(directory);
    await chmod(directory, PASSABLE);
    const place = placeOf(vmid);
    const { unified } = this.cgroups;
    const config = lxcConfig(spec, { place, unified, groupLines: this.cgroups.lines(vmid, spec) });
    await writeFile(join(directory, 'config'), config, { mode: 0o600 });
    const log = join(directory, 'log');
    const start = ['lxc-start', ...this.container(vmid), '-d', '-o', `${LXC_PATH}/${vmid}/log`, '-l', 'WARN'];
    const mounted = [
      'sh',
      '-c',
      'mkdir -p "$1" && mount --bind "$0" "$1" && shift && exec "$@"',
      root,
      place,
    ];
    const own = ['unshare', '--mount', '--propagation', 'private', '--'];
    try {
      await this.options.namespace.run([...own, ...mounted, ...start]);
    } catch (error) {
      const words = lastWords(log, error);
      await this.stop(vmid);
      throw new Error(`startup for container '${vmid}' failed: ${words}`, { cause: error });
    }
    if (!(await this.attachTo(vmid, await this.used(root)))) {
      throw new Error(`startup for container '${vmid}' failed: it ended at once${this.cgroups.missing}`);
    }
  }

  async stop(vmid: number): Promise<void> {
    const running = this.running.get(vmid);
    await this.lxc('lxc-stop', vmid, ['-k']).catch((error: unknown) => {
      if (this.isRunning(vmid)) throw error;
    });
    if (running && !(await waitForEnd(running.init, END_TIMEOUT))) {
      throw new Error(`CT ${vmid}: process ${running.init.pid} does not end although killed`);
    }
    await this.cleanAfter(vmid, running);
  }

  async shutdown(vmid: number, timeoutSeconds: number): Promise<boolean> {
    const running = this.running.get(vmid);
    if (!running || !isAlive(running.init)) return true;
    // It only asks; who waits is this process, so that one LXC less has to be ended with the node.
    await this.lxc('lxc-stop', vmid, ['--nokill', '--nowait']).catch((error: unknown) => {
      if (this.isRunning(vmid)) throw error;
    });
    if (!(await waitForEnd(running.init, timeoutSeconds * 1000))) return false;
    await this.cleanAfter(vmid, running);
    return true;
  }

  isRunning(vmid: number): boolean {
    const running = this.running.get(vmid);
    return running !== undefined && isAlive(running.init);
  }

  async freeze(vmid: number): Promise<void> {
    await this.lxc('lxc-freeze', vmid, []);
  }

  async thaw(vmid: number): Promise<void> {
    await this.lxc('lxc-unfreeze', vmid, []);
  }

  async status(vmid: number): Promise<ContainerStatus | undefined> {
    const running = this.running.get(vmid);
    const seen = running && readProcesses(running.init);
    if (!running || !seen) return undefined;
    const group = this.cgroups.figures(vmid);
    // Where no control group counts, the container's processes do.
    const tree = group.cpuSeconds === undefined || group.memoryBytes === undefined ? seen.tree() : undefined;
    return {
      vmid,
      pid: running.init.pid,
      uptime: seen.uptime,
      cpuSeconds: group.cpuSeconds ?? tree?.cpuSeconds ?? 0,
      memoryBytes: group.memoryBytes ?? tree?.memoryBytes ?? 0,
      swapBytes: group.swapBytes,
      diskBytes: running.diskBytes,
      diskReadBytes: group.readBytes,
      diskWriteBytes: group.writtenBytes,
      ...vethBytes(vmid, this.netDev()),
    };
  }

  async limit(vmid: number, limits: ContainerLimits): Promise<void> {
    if (!this.isRunning(vmid)) return;
    let refused: unknown;
    // Memory and memory with swap bound each other, so that what is refused first is taken after the other.
    for (const round of [1, 2]) {
      refused = undefined;
      for (const [name, value] of this.cgroups.settings(limits)) {
        await this.lxc('lxc-cgroup', vmid, ['--', name, value]).catch((error: unknown) => {
          refused = error;
        });
      }
      if (refused === undefined || round === 2) break;
    }
    if (refused) throw refused;
  }

  async plug(vmid: number, nics: readonly ContainerNic[]): Promise<void> {
    await this.options.namespace.ip(plugLines(vmid, this.pidOf(vmid), vethsOf(vmid, this.netDev()), nics));
  }

  async rename(vmid: number, hostname: string): Promise<void> {
    await this.options.namespace.run(this.attach(vmid, ['hostname', hostname]));
  }

  async interfaces(vmid: number): Promise<readonly ContainerInterface[]> {
    const net = `--net=/proc/${this.pidOf(vmid)}/ns/net`;
    return readInterfaces(
      await this.options.namespace.run(['nsenter', net, 'ip', '-json', 'address', 'show']),
    );
  }

  async console(vmid: number, mode: ConsoleMode): Promise<Terminal> {
    this.pidOf(vmid); // throws
    const of = this.container(vmid);
    // -1: no key leaves it. Number 0 is /dev/console, and without a number it is the first tty that is free.
    const login = ['lxc-console', ...of, '--escape', '-1', ...(mode === 'console' ? ['--tty', '0'] : [])];
    const argv = mode === 'shell' ? this.attach(vmid, ['/bin/sh', '-c', SHELL]) : login;
    return terminalOf((one) => this.options.namespace.enter(one), argv);
  }

  attach(vmid: number, argv: readonly string[]): readonly string[] {
    return ['lxc-attach', ...this.container(vmid), '--clear-env', '--', ...argv];
  }

  async mount(vmid: number, root: string): Promise<string> {
    const place = placeOf(vmid);
    await this.show(root);
    await this.options.namespace.run(['sh', '-c', 'mkdir -p "$1" && mount --bind "$0" "$1"', root, place]);
    return place;
  }

  async unmount(vmid: number): Promise<void> {
    const gone = ['sh', '-c', 'if mountpoint -q "$0"; then umount "$0"; fi', placeOf(vmid)];
    await this.options.namespace.run(gone);
  }

  async recover(): Promise<readonly number[]> {
    await this.tidyTemplates();
    const found: number[] = [];
    for (const name of readdirSync(this.directory).filter((entry) => /^\d+$/.test(entry))) {
      const vmid = Number(name);
      if (await this.attachTo(vmid, 0)) found.push(vmid);
      else this.clean(vmid);
    }
    return found;
  }

  /** Finds the init of a container that runs. */
  private async attachTo(vmid: number, diskBytes: number): Promise<boolean> {
    const text = await this.lxc('lxc-info', vmid, ['-p', '-H']).catch(() => '');
    const init = /^\d+\s*$/.test(text) ? identify(Number(text)) : undefined;
    const monitor = identify((init && parentOf(init.pid)) ?? 0);
    if (init) this.running.set(vmid, { init, monitor, diskBytes });
    return init !== undefined;
  }

  private async cleanAfter(vmid: number, running: Running | undefined): Promise<void> {
    if (running?.monitor) await waitForEnd(running.monitor, END_TIMEOUT);
    this.clean(vmid);
  }

  /** What a container leaves that has ended. */
  private clean(vmid: number): void {
    this.running.delete(vmid);
    this.cgroups.remove(vmid);
    rmSync(join(this.directory, String(vmid)), { recursive: true, force: true });
  }

  private pidOf(vmid: number): number {
    const running = this.running.get(vmid);
    if (!running || !isAlive(running.init)) throw new Error(`CT ${vmid} not running`);
    return running.init.pid;
  }

  private lxc(program: string, vmid: number, args: readonly string[]): Promise<string> {
    return this.options.namespace.run([program, ...this.container(vmid), ...args]);
  }

  private container(vmid: number): string[] {
    return ['-P', LXC_PATH, '-n', String(vmid)];
  }

  private netDev(): string {
    return readFileSync(`/proc/${this.options.namespace.holder.pid}/net/dev`, 'utf8');
  }
}

/** Where a container's root file system shows on the node, as on Proxmox VE. */
function placeOf(vmid: number): string {
  return `/var/lib/lxc/${vmid}/rootfs`;
}
