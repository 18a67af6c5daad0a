import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import { serialLogFile, serialLogs } from '../../../config/paths';
import { run } from '../../../machine/command';
import { MissingError } from '../../../machine/missing-error';
import { Namespace } from '../../namespace/namespace';
import {
  AgentCommandError,
  AgentNotRunningError,
  type DiskCopy,
  type GuestEngine,
  type GuestSpec,
  type GuestStatus,
  type RunningCopyOptions,
} from '../guest-engine';
import { hasKvm, tunFault } from '../host-devices';
import { GuestCgroups } from './guest-cgroups';
import { Launch } from './guest-launch';
import { guestCommand, guestFiles } from './private-root';
import { qemuArguments, RUN, runtimeFiles, tapName } from './qemu-arguments';
import { copyRunning, endCopies, moveRunning } from './qemu-copy';
import { QemuGuest, removeRuntimeFiles, tapsOf } from './qemu-guest';
import * as images from './qemu-images';
import * as snapshots from './qemu-snapshots';

const QEMU = 'qemu-system-x86_64';

/** QEMU opens disks and devices before it answers; on a busy machine that takes a second. */
const START_TIMEOUT = 60_000;
/** How long a guest whose agent could not carry out a shutdown may still take to go down. */
const REFUSAL_SECONDS = 15;

export interface QemuEngineOptions {
  readonly stateDir: string;
  readonly namespace: Namespace;
  /**
   * Directory of a control group that is the node's.
   * @default guests have no groups of their own
   */
  readonly cgroup?: string | undefined;
  /** @default silent */
  readonly logger?: Logger;
}

/** Runs guests as QEMU processes in the node's namespace, with KVM where the CPU has it, else emulated (TCG). */
export class QemuEngine implements GuestEngine {
  readonly acceleration: 'kvm' | 'tcg';
  readonly createDisk = images.createDisk;
  readonly importDisk = images.importDisk;
  readonly cloneDisk = images.cloneDisk;
  readonly diskInfo = images.diskInfo;
  readonly writeCloudInitDrive = images.writeCloudInitDrive;
  readonly rollBack = snapshots.rollBack;
  readonly takeSnapshot: GuestEngine['takeSnapshot'] = async (vmid, ...what) =>
    snapshots.takeSnapshot(this.running(vmid), ...what);
  readonly removeSnapshot: GuestEngine['removeSnapshot'] = async (vmid, ...what) =>
    snapshots.removeSnapshot(this.running(vmid), ...what);
  private readonly runtimeDir: string;
  private readonly guests = new Map<number, QemuGuest>();
  /** Guests whose process is about to go or has just gone, until nothing of theirs is left. */
  private readonly endings = new Map<number, Promise<void>>();
  private readonly cgroups: GuestCgroups | undefined;
  private closing = false;

  private constructor(
    private readonly options: QemuEngineOptions,
    readonly version: string,
    private readonly ioUring: boolean,
  ) {
    this.acceleration = hasKvm() ? 'kvm' : 'tcg';
    this.runtimeDir = Namespace.runtimeDir(options.stateDir);
    this.cgroups = options.cgroup === undefined ? undefined : new GuestCgroups(options.cgroup);
  }

  /** Throws if QEMU is absent or taps cannot be made, with what to do about it. */
  static async create(options: QemuEngineOptions): Promise<QemuEngine> {
    const text = await run([QEMU, '--version']).catch((cause: Error) => {
      throw new MissingError(`${cause.message}; npm run setup installs it`, { cause });
    });
    const version = /version (\d[\w.]*)/.exec(text)?.[1];
    if (!version) throw new Error(`${QEMU} --version says '${text.trim()}', in which there is no version`);
    const fault = tunFault();
    if (fault) throw new MissingError(`${fault.found}: ${fault.remedy}`);
    await mkdir(serialLogs(options.stateDir), { recursive: true });
    const ioUring = await images.hasIoUring();
    if (!ioUring)
      options.logger?.warn('the kernel has no io_uring: disks with aio=io_uring are served by threads');
    return new QemuEngine(options, version, ioUring);
  }

  async copyRunning(vmid: number, copies: readonly DiskCopy[], options: RunningCopyOptions): Promise<void> {
    await copyRunning(this.required(vmid), copies, options);
  }

  async endCopies(vmid: number): Promise<void> {
    await endCopies(this.required(vmid));
  }

  readonly moveRunning: GuestEngine['moveRunning'] = async (vmid, copy) =>
    moveRunning(this.required(vmid), copy);

  async resizeDisk(vmid: number, slot: string, path: string, sizeBytes: number): Promise<void> {
    const guest = this.running(vmid);
    if (!guest) return images.resizeDisk(path, sizeBytes);
    await guest.monitor('block_resize', { device: `drive-${slot}`, size: sizeBytes });
  }

  async start(spec: GuestSpec, snapshot?: string): Promise<void> {
    const { vmid } = spec;
    if (this.isRunning(vmid)) throw new Error(`VM ${vmid} already running`);
    await this.endings.get(vmid);
    await this.clean(vmid);
    const consoleLog = serialLogFile(serialLogs(this.options.stateDir), vmid);
    // The console of the boot before stays beside the new one.
    await rename(consoleLog, `${consoleLog}.1`).catch(() => undefined);
    try {
      await this.makeTaps(spec);
      const guest = await this.launch(spec, consoleLog, snapshot === undefined ? [] : ['-S']);
      if (snapshot !== undefined) {
        const disks = spec.disks.filter(({ media }) => media === 'disk');
        await snapshots.loadSnapshot(
          guest,
          snapshot,
          disks.map(({ slot }) => slot),
        );
        await guest.monitor('cont');
      }
      for (const nic of spec.nics.filter((candidate) => candidate.linkDown)) {
        await guest.monitor('set_link', { name: `net${nic.index}`, up: false });
      }
    } catch (error) {
      await this.stop(vmid);
      await this.clean(vmid);
      throw error;
    }
  }

  async stop(vmid: number): Promise<void> {
    await this.running(vmid)?.stop();
    await this.endings.get(vmid);
  }

  async shutdown(vmid: number, timeoutSeconds: number, viaAgent: boolean): Promise<boolean> {
    const guest = this.running(vmid);
    if (!guest) return true;
    const deadline = performance.now() + timeoutSeconds * 1000;
    const remaining = () => Math.max((deadline - performance.now()) / 1000, 0);
    try {
      await guest.requestPowerOff(viaAgent);
    } catch (error) {
      // The guest's systemd may end the agent's shutdown command before it has answered: the agent then reports a
      // failure, and the guest goes down all the same.
      const patience = error instanceof AgentCommandError ? Math.min(remaining(), REFUSAL_SECONDS) : 0;
      if (guest.isAlive && !(await guest.waitForEnd(patience))) throw error;
    }
    if (!(await guest.waitForEnd(remaining()))) return false;
    await this.endings.get(vmid);
    return true;
  }

  async reset(vmid: number): Promise<void> {
    await this.required(vmid).monitor('system_reset');
  }

  isRunning(vmid: number): boolean {
    return this.running(vmid) !== undefined;
  }

  async status(vmid: number): Promise<GuestStatus | undefined> {
    const guest = this.running(vmid);
    try {
      return await guest?.status();
    } catch (error) {
      if (guest?.isAlive) throw error;
      return undefined;
    }
  }

  async agent(vmid: number, command: string, args?: Readonly<Record<string, unknown>>): Promise<unknown> {
    const guest = this.running(vmid);
    if (!guest) throw new AgentNotRunningError(`VM ${vmid} is not running`);
    return guest.agent(command, args);
  }

  async screen(vmid: number, password: string): Promise<Duplex> {
    return this.required(vmid).screen(password);
  }

  async serial(vmid: number): Promise<Duplex> {
    return this.required(vmid).serial();
  }

  async recover(): Promise<readonly number[]> {
    const found: number[] = [];
    const names = readdirSync(this.runtimeDir);
    for (const name of new Set(names.flatMap((file) => /^(\d+)(?:\.pid)?$/.exec(file)?.[1] ?? []))) {
      const vmid = Number(name);
      if (await this.attach(vmid)) found.push(vmid);
      else await this.clean(vmid);
    }
    return found;
  }

  async close(): Promise<void> {
    this.closing = true;
    for (const guest of this.guests.values()) guest.detach();
  }

  /** QEMU has no capability, sees nothing but the guest's own files, and outlives this process. */
  private async launch(spec: GuestSpec, consoleLog: string, more: readonly string[]): Promise<QemuGuest> {
    const { vmid } = spec;
    const { pid, directory } = runtimeFiles(vmid);
    const kvm = spec.kvm && this.acceleration === 'kvm';
    const argv = [QEMU, ...qemuArguments(spec, { kvm, consoleLog, ioUring: this.ioUring }), ...more];
    await mkdir(join(this.runtimeDir, directory), { mode: 0o700 });
    await writeFile(consoleLog, '', { mode: 0o600 });
    const files = await guestFiles(spec, { kvm, consoleLog });
    const command = guestCommand(argv, files, `${RUN}/${pid}`);
    const inside = this.options.namespace.enter(command);
    const launch = await Launch.start(this.cgroups?.enter(vmid, spec, inside) ?? inside);
    try {
      const guest = await this.attach(vmid, START_TIMEOUT);
      if (!guest) throw new Error(`VM ${vmid}: QEMU ended at its start: ${await launch.lastWords()}`);
      return guest;
    } finally {
      launch.release();
    }
  }

  private running(vmid: number): QemuGuest | undefined {
    const guest = this.guests.get(vmid);
    return guest?.isAlive ? guest : undefined;
  }

  private required(vmid: number): QemuGuest {
    const guest = this.running(vmid);
    if (!guest) throw new Error(`VM ${vmid} not running`);
    return guest;
  }

  private async attach(vmid: number, patience?: number): Promise<QemuGuest | undefined> {
    const guest = await QemuGuest.attach(vmid, this.options.namespace, this.runtimeDir, patience);
    if (!guest) return undefined;
    this.guests.set(vmid, guest);
    this.endings.set(vmid, this.follow(guest));
    return guest;
  }

  /** Waits for the guest's end, whoever brings it about, and removes what it leaves. */
  private async follow(guest: QemuGuest): Promise<void> {
    await guest.ended();
    if (this.closing) return;
    this.guests.delete(guest.vmid);
    this.options.logger?.info({ vmid: guest.vmid }, 'guest ended');
    try {
      await this.clean(guest.vmid);
    } catch (error) {
      // The next start of this guest cleans first, and then the error is its own.
      this.options.logger?.error(
        { err: error, vmid: guest.vmid },
        'could not remove what an ended guest left',
      );
    } finally {
      this.endings.delete(guest.vmid);
    }
  }

  private async makeTaps(spec: GuestSpec): Promise<void> {
    const present = this.interfaces();
    const absent = spec.nics.find((nic) => !present.some((name) => name === nic.bridge));
    if (absent) throw new Error(`bridge '${absent.bridge}' does not exist`);
    await this.options.namespace.ip(
      spec.nics.flatMap((nic) => {
        const tap = tapName(spec.vmid, nic.index);
        return [`tuntap add dev ${tap} mode tap`, `link set dev ${tap} master ${nic.bridge} up`];
      }),
    );
  }

  private async clean(vmid: number): Promise<void> {
    const taps = tapsOf(vmid, this.netDev()).map((tap) => tap.name);
    await this.options.namespace.ip(taps.map((tap) => `link delete dev ${tap}`));
    await removeRuntimeFiles(vmid, this.runtimeDir);
    this.cgroups?.leave(vmid);
  }

  private netDev(): string {
    return readFileSync(`/proc/${this.options.namespace.holder.pid}/net/dev`, 'utf8');
  }

  private interfaces(): string[] {
    return this.netDev()
      .split('\n')
      .flatMap((line) => /^\s*([^:\s]+):/.exec(line)?.[1] ?? []);
  }
}
