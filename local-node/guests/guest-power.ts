/** Starting and ending guests. Each public method is the body of a task. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { GuestEngine } from '../engine/guest-engine';
import { isCdrom, isCloudInit } from '../formats/drive';
import type { GuestConfig } from '../formats/guest-config';
import { drivesOf, nicsOf } from '../formats/option-values';
import type { NetworkService } from '../network/network-service';
import type { StorageService } from '../storage/storage-service';
import type { TaskService } from '../tasks/task-service';
import { cloudInitFiles, withNameserver } from './cloud-init';
import type { GuestChanges } from './guest-changes';
import type { GuestDisks } from './guest-disks';
import type { GuestLocks } from './guest-lock';
import { guestSpec, hasAgent, maxCpusOf, NODE_CPUS } from './guest-spec';
import { type GuestStore, refuseLocked } from './guest-store';
import { resumeGuests } from './resume-guests';
import type { RunMarkers } from './run-markers';

type Log = (line: string) => void;

/** Proxmox VE's own default for a clean shutdown, seconds. */
const SHUTDOWN_SECONDS = 180;

interface GuestPowerUses {
  readonly markers: RunMarkers;
  readonly engine: GuestEngine;
  readonly tasks: TaskService;
  readonly network: NetworkService;
  readonly storage: StorageService;
  readonly store: GuestStore;
  readonly locks: GuestLocks;
  readonly disks: GuestDisks;
  readonly changes: GuestChanges;
  readonly nameserver: () => string | undefined;
}

export class GuestPower {
  constructor(private readonly uses: GuestPowerUses) {}

  /** Takes over the guests that still run, and starts those that ran before or have onboot set. */
  async resume(mend: () => Promise<void>): Promise<void> {
    await resumeGuests(this.uses, mend, (vmid) => {
      this.uses.tasks.run('qmstart', String(vmid), { userId: 'root@pam' }, ({ log }) =>
        this.start(vmid, log),
      );
    });
  }

  async start(vmid: number, log: Log, skipLock = false): Promise<void> {
    await this.uses.locks.exclusive(vmid, () => this.startHeld(vmid, log, { skipLock }));
  }

  /** The caller holds the guest's lock. With a snapshot the guest goes on in its memory, and boots nothing. */
  async startHeld(
    vmid: number,
    log: Log,
    { skipLock, snapshot }: { readonly skipLock: boolean; readonly snapshot?: string },
  ): Promise<void> {
    const config = this.uses.store.get(vmid);
    if (!skipLock) refuseLocked(config);
    if (config.values.get('template') === '1') throw new Error("you can't start a vm if it's a template");
    if (this.uses.engine.isRunning(vmid)) throw new Error(`VM ${vmid} already running`);
    const current = await this.uses.changes.applyPending(vmid, config);
    this.requireBridges(current);
    this.requireProcessor(current);
    if (snapshot === undefined) await this.writeCloudInit(vmid, current, log);
    for (const { drive } of drivesOf(current.values)) {
      const volume = this.uses.disks.volumeOf(drive);
      if (volume && !(await this.uses.storage.exists(volume))) {
        throw new Error(`volume '${drive.file}' does not exist`);
      }
    }
    const spec = guestSpec(vmid, current.values, (drive) => this.uses.disks.volumeOf(drive));
    await this.uses.markers.mark(vmid); // first: a guest whose start failed must not run
    try {
      await this.uses.engine.start(spec, snapshot);
    } catch (fault) {
      await this.uses.markers.unmark(vmid).catch(() => undefined); // the first fault is the one to tell
      throw fault;
    }
  }

  /** A guest may not ask for more than the node has. One that does not say takes KVM if it is there. */
  private requireProcessor({ values }: GuestConfig): void {
    if (maxCpusOf(values) > NODE_CPUS) throw new Error(`MAX ${NODE_CPUS} vcpus allowed per VM on this node`);
    if (values.get('kvm') === '1' && this.uses.engine.acceleration === 'tcg') {
      throw new Error(
        'KVM virtualisation configured, but not available. Either disable in VM configuration or enable in BIOS.',
      );
    }
  }

  /** Ends the guest at once; nothing happens if it does not run. Waits for no lock, so that it ends a shutdown too. */
  async stop(vmid: number): Promise<void> {
    this.uses.store.requireOnNode(vmid);
    await this.uses.engine.stop(vmid);
    await this.uses.markers.unmark(vmid);
  }

  /** Asks the guest to power off. Throws after the timeout, unless forced, in which case the guest is ended. */
  async shutdown(
    vmid: number,
    options: { readonly timeoutSeconds?: number; readonly force: boolean },
    log: Log,
  ): Promise<void> {
    this.uses.store.requireOnNode(vmid);
    if (!this.uses.engine.isRunning(vmid)) return this.uses.markers.unmark(vmid);
    // A guest whose file cannot be read can still be asked by its power button.
    const config = this.uses.store.read(vmid)?.config;
    const viaAgent = config !== undefined && hasAgent(config.values);
    const ended = await this.uses.engine.shutdown(vmid, options.timeoutSeconds ?? SHUTDOWN_SECONDS, viaAgent);
    if (!ended) {
      if (!options.force) throw new Error('VM quit/powerdown failed - got timeout');
      log('VM still running - terminating now with SIGTERM');
      await this.uses.engine.stop(vmid);
    }
    await this.uses.markers.unmark(vmid);
  }

  /** A clean shutdown and a new start, with which pending changes take effect. */
  async reboot(vmid: number, timeoutSeconds: number | undefined, log: Log): Promise<void> {
    await this.shutdown(vmid, { timeoutSeconds, force: false }, log);
    await this.start(vmid, log);
  }

  async reset(vmid: number): Promise<void> {
    this.uses.store.requireOnNode(vmid);
    if (!this.uses.engine.isRunning(vmid)) throw new Error(`VM ${vmid} not running`);
    await this.uses.engine.reset(vmid);
  }

  /** Shuts every guest down, at once; those that do not end in time are stopped. For the end of the node. */
  async shutdownAll(timeoutSeconds: number): Promise<void> {
    const running = this.uses.store.vmids().filter((vmid) => this.uses.engine.isRunning(vmid));
    const silent = () => undefined;
    const ends = await Promise.allSettled(
      running.map((vmid) => this.shutdown(vmid, { timeoutSeconds, force: true }, silent)),
    );
    // Only now: one that cannot be ended is no reason to leave the others in the middle of it.
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  }

  /** Writes the guest's cloud-init drive, if it has one. */
  async writeCloudInit(vmid: number, config: GuestConfig, log: Log): Promise<void> {
    const found = drivesOf(config.values).find(({ drive }) => isCdrom(drive) && isCloudInit(drive));
    const volume = found && this.uses.disks.volumeOf(found.drive);
    if (!volume) return;
    log('generating cloud-init ISO');
    const values = withNameserver(config.values, this.uses.nameserver());
    const files = await cloudInitFiles(vmid, values, (volid) => this.uses.storage.readSnippet(volid));
    await mkdir(join(volume.path, '..'), { recursive: true });
    await this.uses.engine.writeCloudInitDrive(volume.path, files);
    // Nothing has been changed since it was written.
    if (config.cloudInitOnDrive.size > 0)
      await this.uses.store.write(vmid, { ...config, cloudInitOnDrive: new Map() });
  }

  /** Throws "bridge 'vmbrN' does not exist". */
  private requireBridges({ values }: GuestConfig): void {
    for (const {
      nic: { bridge },
    } of nicsOf(values)) {
      if (bridge !== undefined && !this.uses.network.hasBridge(bridge)) {
        throw new Error(`bridge '${bridge}' does not exist`);
      }
    }
  }
}
