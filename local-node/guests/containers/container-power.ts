/** Starting and ending containers. Each public method is the body of a task. */
import { ApiError } from '../../base/api-error';
import { type ContainerEngine, notLimited } from '../../engine/container-engine';
import type { NetworkService } from '../../network/network-service';
import type { TaskService } from '../../tasks/task-service';
import type { GuestLocks } from '../guest-lock';
import { type GuestStore, refuseLocked } from '../guest-store';
import { resumeGuests } from '../resume-guests';
import type { RunMarkers } from '../run-markers';
import type { ContainerChanges } from './container-changes';
import { networkFiles } from './container-files';
import { containerSpec, pluggedContainerNics, rootOf } from './container-spec';
import type { ContainerVolumes } from './container-volumes';

/** Proxmox VE's own default for a clean shutdown, seconds. */
const SHUTDOWN_SECONDS = 60;
const NOT_KEPT = "the node may use no such controller of this machine's control groups";

interface ContainerPowerUses {
  readonly engine: ContainerEngine;
  readonly tasks: TaskService;
  readonly network: NetworkService;
  readonly store: GuestStore;
  readonly locks: GuestLocks;
  readonly markers: RunMarkers;
  readonly volumes: ContainerVolumes;
  readonly changes: ContainerChanges;
  /** For containers that have none of their own; undefined = they get none. */
  readonly nameserver: () => string | undefined;
}

export class ContainerPower {
  constructor(private readonly uses: ContainerPowerUses) {}

  /** Takes over the containers that still run, and starts those that ran before or have onboot set. */
  async resume(mend: () => Promise<void>): Promise<void> {
    await resumeGuests(this.uses, mend, (vmid) => {
      this.uses.tasks.run('vzstart', String(vmid), { userId: 'root@pam' }, ({ warn }) =>
        this.start(vmid, false, warn),
      );
    });
  }

  /** Throws 500 unless the container runs; `noun` is what Proxmox VE calls it here. */
  requireRunning(vmid: number, noun = 'CT'): void {
    this.uses.store.get(vmid);
    if (!this.uses.engine.isRunning(vmid)) throw new ApiError(500, `${noun} ${vmid} not running`);
  }

  /** What the machine cannot keep of its limits is told by `warn`. */
  async start(vmid: number, skipLock = false, warn?: (text: string) => void): Promise<void> {
    const not = notLimited(this.uses.engine.keptLimits);
    if (not.length > 0 && this.uses.engine.fault === undefined)
      warn?.(`${not.join(' and ')} not limited: ${NOT_KEPT}`);
    await this.uses.locks.exclusive(vmid, () => this.startLocked(vmid, skipLock));
  }

  private async startLocked(vmid: number, skipLock: boolean): Promise<void> {
    const { engine, store, network, volumes, markers } = this.uses;
    const config = store.get(vmid);
    // Whose root file system is mounted may start all the same.
    if (!skipLock && config.values.get('lock') !== 'mounted') refuseLocked(config, 'CT');
    if (config.values.get('template') === '1') throw new Error("you can't start a CT if it's a template");
    if (engine.isRunning(vmid)) throw new Error(`CT ${vmid} already running`);
    if (engine.fault !== undefined) throw new Error(engine.fault);
    const { values } = await this.uses.changes.applyPending(vmid, config);
    for (const { bridge } of pluggedContainerNics(values)) {
      if (!network.hasBridge(bridge)) throw new Error(`bridge '${bridge}' does not exist`);
    }
    const root = rootOf(values);
    if (!root) throw new Error(`CT ${vmid} has no root file system`);
    const volume = volumes.of(root.volume);
    if (!volumes.exists(volume)) throw new Error(`volume '${root.volume}' does not exist`);
    const spec = containerSpec(vmid, values, volume.path);
    if (values.get('ostype') !== 'unmanaged') {
      await engine.writeFiles(volume.path, networkFiles(vmid, values, this.uses.nameserver()), spec.ttys);
    }
    await markers.mark(vmid); // first: a container whose start failed must not run
    try {
      await engine.start(spec);
    } catch (fault) {
      await markers.unmark(vmid).catch(() => undefined); // the first fault is the one to tell
      throw fault;
    }
  }

  /** Ends the container at once. Waits for no lock, so that it ends a shutdown too. */
  async stop(vmid: number): Promise<void> {
    await this.uses.engine.stop(vmid);
    await this.uses.markers.unmark(vmid);
  }

  /** Asks the container to halt. Throws after the timeout, unless forced, in which case it is ended. */
  async shutdown(
    vmid: number,
    options: { readonly timeoutSeconds?: number; readonly force: boolean },
  ): Promise<void> {
    const ended = await this.uses.engine.shutdown(vmid, options.timeoutSeconds ?? SHUTDOWN_SECONDS);
    if (!ended) {
      if (!options.force) throw new Error("command 'lxc-stop' failed: got timeout");
      await this.uses.engine.stop(vmid);
    }
    await this.uses.markers.unmark(vmid);
  }

  /** A clean shutdown and a new start, with which pending changes take effect. */
  async reboot(
    vmid: number,
    timeoutSeconds: number | undefined,
    warn?: (text: string) => void,
  ): Promise<void> {
    await this.shutdown(vmid, { timeoutSeconds, force: true });
    await this.start(vmid, false, warn);
  }

  /** Shuts every container down, at once; those that do not end in time are stopped. For the end of the node. */
  async shutdownAll(timeoutSeconds: number): Promise<void> {
    const running = this.uses.store.vmids().filter((vmid) => this.uses.engine.isRunning(vmid));
    const ends = await Promise.allSettled(
      running.map((vmid) => this.shutdown(vmid, { timeoutSeconds, force: true })),
    );
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  }
}
