import type { Logger } from 'pino';
import { ApiError } from '../../base/api-error';
import type { Clock } from '../../base/clock';
import type { ContainerEngine } from '../../engine/container-engine';
import type { NetworkService } from '../../network/network-service';
import type { StorageService } from '../../storage/storage-service';
import type { TaskService } from '../../tasks/task-service';
import type { BackupFlags } from '../backup-flags';
import { CpuRates } from '../cpu-rates';
import type { FirstLooks } from '../first-looks';
import type { GuestLocks } from '../guest-lock';
import { GuestStore } from '../guest-store';
import type { PoolStore } from '../pools';
import type { RunMarkers } from '../run-markers';
import { ContainerHands } from '../snapshots/container-snapshots';
import { GuestSnapshots } from '../snapshots/guest-snapshots';
import { ContainerChanges } from './container-changes';
import { ContainerCloning } from './container-cloning';
import { ContainerCreation } from './container-creation';
import { ContainerFigures } from './container-figures';
import { ContainerPower } from './container-power';
import { CONTAINERS, rootOf } from './container-spec';
import { ContainerVolumes } from './container-volumes';

export interface ContainerServiceOptions {
  readonly stateDir: string;
  readonly nodeName: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly engine: ContainerEngine;
  readonly tasks: TaskService;
  readonly network: NetworkService;
  readonly storage: StorageService;
  /** Those of the virtual machines, with which containers share their numbers. */
  readonly machines: GuestStore;
  readonly looks: FirstLooks;
  readonly locks: GuestLocks;
  readonly pools: PoolStore;
  readonly markers: RunMarkers;
  readonly backupFlags: BackupFlags;
  readonly nameserver: () => string | undefined;
}

/** The containers of the node: their configurations in STATE/etc/pve/lxc, and all that is done to them. */
export class ContainerService {
  readonly store: GuestStore;
  readonly engine: ContainerEngine;
  readonly volumes: ContainerVolumes;
  readonly changes: ContainerChanges;
  readonly power: ContainerPower;
  readonly creation: ContainerCreation;
  readonly cloning: ContainerCloning;
  readonly snapshots: GuestSnapshots;
  readonly figures: ContainerFigures;

  constructor(private readonly options: ContainerServiceOptions) {
    const { stateDir, nodeName, clock, engine, storage } = options;
    this.engine = engine;
    this.store = new GuestStore(stateDir, nodeName, CONTAINERS);
    this.volumes = new ContainerVolumes(storage, engine);
    const base = { ...options, store: this.store, volumes: this.volumes };
    this.changes = new ContainerChanges(base);
    this.power = new ContainerPower({ ...base, changes: this.changes });
    const made = { ...base, changes: this.changes, power: this.power };
    this.creation = new ContainerCreation(made);
    this.cloning = new ContainerCloning({ ...made, creation: this.creation });
    this.snapshots = new GuestSnapshots(base, new ContainerHands(made));
    this.figures = new ContainerFigures({ ...base, rates: new CpuRates(clock) });
  }

  /** Removes what a crash left half made, takes over running containers and starts those that should run. */
  async start(): Promise<void> {
    this.store.start();
    await this.store.mend(this.options.logger);
    for (const [vmid, fault] of this.store.broken()) this.options.logger.error({ vmid }, fault);
    await this.creation.removeHalfMade();
    await this.options.backupFlags.takeOff(this.store);
    await this.showRoots();
    await this.power.resume(() => this.snapshots.mend());
  }

  /** The root file systems where programs on the node find them. */
  private async showRoots(): Promise<void> {
    if (this.engine.fault !== undefined) return;
    for (const [vmid, { values }] of this.store.readable()) {
      const root = rootOf(values);
      if (!root) continue;
      try {
        await this.engine.show(this.volumes.of(root.volume).path);
      } catch (err) {
        this.options.logger.warn({ vmid, err }, 'its root file system is not there');
      }
    }
  }

  vmids(): readonly number[] {
    return this.store.vmids();
  }

  has(vmid: number): boolean {
    return this.store.has(vmid);
  }

  /** Throws 500 if a container has the vmid; `what` begins the sentence. */
  requireFree(vmid: number, what = ''): void {
    if (this.has(vmid))
      throw new ApiError(500, `${what}CT ${vmid} already exists on node '${this.options.nodeName}'`);
  }

  /** Directory of the root file system. Throws where there is none. */
  rootPath(vmid: number): string {
    const root = rootOf(this.store.get(vmid).values);
    if (!root) throw new ApiError(500, `CT ${vmid} has no root file system`);
    return this.volumes.of(root.volume).path;
  }
}
