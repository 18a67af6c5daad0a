import type { Logger } from 'pino';
import type { AccessService } from '../access/access-service';
import type { Clock } from '../base/clock';
import type { ContainerEngine } from '../engine/container-engine';
import type { GuestEngine } from '../engine/guest-engine';
import type { NetworkService } from '../network/network-service';
import type { StorageService } from '../storage/storage-service';
import type { TaskService } from '../tasks/task-service';
import { BackupFlags } from './backup-flags';
import { ContainerAccess } from './containers/container-access';
import { ContainerService } from './containers/container-service';
import { DiskTasks } from './disk-tasks';
import { FirstLooks } from './first-looks';
import { GuestAgent } from './guest-agent';
import { GuestChanges } from './guest-changes';
import { GuestCloning } from './guest-cloning';
import { GuestConsoles } from './guest-consoles';
import { GuestCreation } from './guest-creation';
import { GuestDisks } from './guest-disks';
import { GuestFigures } from './guest-figures';
import { GuestLocks } from './guest-lock';
import { GuestPower } from './guest-power';
import { GuestStore } from './guest-store';
import { OptionAccess } from './option-access';
import { PoolStore } from './pools';
import { RunMarkers } from './run-markers';
import { GuestSnapshots } from './snapshots/guest-snapshots';
import { MachineHands } from './snapshots/machine-snapshots';
import { VolumeAccess } from './volume-access';

export interface GuestServiceOptions {
  readonly stateDir: string;
  readonly nodeName: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly engine: GuestEngine;
  readonly containerEngine: ContainerEngine;
  readonly tasks: TaskService;
  readonly access: AccessService;
  readonly network: NetworkService;
  readonly storage: StorageService;
  /** For guests that have none of their own; undefined = they get none. */
  readonly nameserver: () => string | undefined;
  /** Between two looks at the guests for the lists of the cluster; 0 = at each call. */
  readonly statisticsSeconds: number;
}

/** The guests of the node: their configurations, and all that is done to them. */
export class GuestService {
  readonly store: GuestStore;
  readonly containers: ContainerService;
  readonly looks: FirstLooks;
  readonly locks = new GuestLocks();
  readonly backupFlags: BackupFlags;
  readonly pools: PoolStore;
  readonly volumeAccess: VolumeAccess;
  readonly optionAccess: OptionAccess;
  readonly containerAccess: ContainerAccess;
  readonly disks: GuestDisks;
  readonly changes: GuestChanges;
  readonly creation: GuestCreation;
  readonly cloning: GuestCloning;
  readonly power: GuestPower;
  readonly agent: GuestAgent;
  readonly consoles: GuestConsoles;
  readonly figures: GuestFigures;
  readonly diskTasks: DiskTasks;
  readonly snapshots: GuestSnapshots;

  private readonly markers: RunMarkers;

  constructor(private readonly options: GuestServiceOptions) {
    const { stateDir, nodeName, access, ...services } = options;
    this.store = new GuestStore(stateDir, nodeName);
    this.markers = new RunMarkers(stateDir);
    this.looks = new FirstLooks(options.clock, options.statisticsSeconds);
    this.pools = new PoolStore(access);
    this.backupFlags = new BackupFlags(this.locks, options.logger);
    const { markers } = this;
    const base = { ...services, stateDir, store: this.store, locks: this.locks, markers };
    this.containers = new ContainerService({
      ...{ ...base, nodeName, engine: options.containerEngine, machines: this.store },
      ...{ looks: this.looks, pools: this.pools, backupFlags: this.backupFlags },
    });
    this.disks = new GuestDisks(base);
    this.optionAccess = new OptionAccess(access);
    this.containerAccess = new ContainerAccess(access);
    this.volumeAccess = new VolumeAccess({
      access,
      storage: services.storage,
      disks: this.disks,
      store: this.store,
    });
    this.changes = new GuestChanges({ ...base, disks: this.disks });
    const { containers, looks } = this;
    const made = { ...base, disks: this.disks, changes: this.changes, containers, looks };
    this.diskTasks = new DiskTasks(made);
    this.power = new GuestPower(made);
    this.creation = new GuestCreation({ ...made, pools: this.pools, power: this.power });
    this.cloning = new GuestCloning({ ...made, pools: this.pools, creation: this.creation });
    this.snapshots = new GuestSnapshots(base, new MachineHands({ ...made, power: this.power }));
    this.agent = new GuestAgent(base);
    this.consoles = new GuestConsoles({ ...base, containers });
    this.figures = new GuestFigures(base);
  }

  /** Removes what a crash left half made, takes over running guests and starts those that should run. */
  async start(): Promise<void> {
    this.store.start();
    await this.store.mend(this.options.logger);
    for (const [vmid, fault] of this.store.broken()) this.options.logger.error({ vmid }, fault);
    await this.creation.removeHalfMade();
    await this.backupFlags.takeOff(this.store);
    await this.power.resume(() => this.snapshots.mend());
    await this.containers.start();
  }

  /** Shuts every guest down, at once; those that do not end in time are stopped. For the end of the node. */
  async shutdownAll(timeoutSeconds: number): Promise<void> {
    const kinds = [this.containers.power, this.power].map((power) => power.shutdownAll(timeoutSeconds));
    const ends = await Promise.allSettled(kinds);
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
    // Guests that powered off by themselves are still marked; none is meant to run after an orderly end.
    await this.markers.clear();
  }

  async close(): Promise<void> {
    await this.options.engine.close();
  }

  /** For guests that have none of their own; undefined = they get none. */
  nameserver(): string | undefined {
    return this.options.nameserver();
  }
}
