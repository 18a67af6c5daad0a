import { mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Logger, pino } from 'pino';
import { AccessService } from './access/access-service';
import { BackupJobs } from './backup/backup-jobs';
import { BackupService } from './backup/backup-service';
import { RestoreService } from './backup/restore-service';
import { type Clock, systemClock } from './base/clock';
import type { NodeNetwork } from './base/node-network';
import { movedPath, storagesDir } from './base/shown-path';
import { removeHalfWritten } from './base/state-file';
import type { ContainerEngine } from './engine/container-engine';
import type { GuestEngine } from './engine/guest-engine';
import { SimulatedContainers } from './engine/simulated/simulated-containers';
import { GuestService } from './guests/guest-service';
import { HostService } from './host/host-service';
import { NetworkService } from './network/network-service';
import { RrdService } from './rrd/rrd-service';
import { StorageService } from './storage/storage-service';
import { TaskService } from './tasks/task-service';

export interface LocalNodeOptions {
  /** Directory that holds everything that the node keeps; made if absent. */
  readonly stateDir: string;
  /** Name in the API, for example pve. */
  readonly nodeName: string;
  readonly engine: GuestEngine;
  /** @default simulated ones, for a node whose guests are simulated */
  readonly containerEngine?: ContainerEngine;
  readonly network: NodeNetwork;
  readonly clock?: Clock;
  /** @default silent */
  readonly logger?: Logger;
  /**
   * How long GET .../tasks/UPID/status of a running task is held open, seconds.
   * @default 25
   */
  readonly taskHoldSeconds?: number;
  /**
   * For guests with neither a name server of their own nor one in the node's DNS settings; given where they have an
   * uplink, without which none could be reached.
   * @default undefined
   */
  readonly guestNameserver?: string;
  /**
   * Names under which clients may ask, besides the node's own, localhost and any address.
   * @default none
   */
  readonly hosts?: readonly string[];
  /**
   * Between two looks at the guests for the lists of the cluster, in which a new guest is `unknown` until then; 0 = at
   * each call.
   * @default 0
   */
  readonly statisticsSeconds?: number;
  /**
   * The directory of the storages as programs on the node find it.
   * @default its own path
   */
  readonly shownStorages?: string;
  /**
   * Directories in which storages may be declared, beside the node's own.
   * @default none
   */
  readonly directories?: readonly string[];
  /**
   * Password of root@pam, set at start. Without one nobody logs in by password until one is set.
   * @default undefined
   */
  readonly rootPassword?: string;
}

/**
 * The embedded node: its services, wired. Call start() before use and close() at the end; guests outlive it unless
 * they are stopped before. The HTTP server is apart, in server.ts.
 */
export class LocalNode {
  readonly stateDir: string;
  readonly name: string;
  readonly engine: GuestEngine;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly tasks: TaskService;
  readonly access: AccessService;
  readonly network: NetworkService;
  readonly host: HostService;
  readonly storage: StorageService;
  readonly guests: GuestService;
  readonly backups: BackupService;
  readonly backupJobs: BackupJobs;
  readonly restores: RestoreService;
  readonly rrd: RrdService;

  constructor(readonly options: LocalNodeOptions) {
    this.stateDir = options.stateDir;
    this.name = options.nodeName;
    this.engine = options.engine;
    this.clock = options.clock ?? systemClock;
    this.logger = options.logger ?? pino({ level: 'silent' });
    const { stateDir, nodeName, engine, network: kernel, rootPassword, guestNameserver } = options;
    const base = { stateDir, nodeName, clock: this.clock, logger: this.logger };
    this.tasks = new TaskService(base);
    this.access = new AccessService({ ...base, rootPassword });
    this.network = new NetworkService({ ...base, tasks: this.tasks, kernel });
    this.host = new HostService(base);
    const containerEngine = options.containerEngine ?? new SimulatedContainers({ clock: this.clock });
    this.storage = new StorageService({
      ...{ ...base, engine, containerEngine, directories: options.directories ?? [] },
      linkedClones: (volume) => this.guests.disks.linkedClonesOf(volume),
    });
    const { tasks, access, network, host, storage } = this;
    const nameserver = (): string | undefined =>
      guestNameserver === undefined ? undefined : host.settings.dns().servers.join(' ') || guestNameserver;
    const statisticsSeconds = options.statisticsSeconds ?? 0;
    this.guests = new GuestService({
      ...{ ...base, engine, containerEngine, tasks, access, network, storage },
      ...{ nameserver, statisticsSeconds },
    });
    const services = { ...base, engine, containerEngine, tasks, access, storage, guests: this.guests };
    this.backups = new BackupService(services);
    this.backupJobs = new BackupJobs({ ...services, backups: this.backups });
    this.restores = new RestoreService(services);
    this.rrd = new RrdService({
      ...{ ...base, host, guests: this.guests },
      alongside: () => storage.makePlaces(),
    });
  }

  /** The path of a storage as programs on the node find it. */
  shownPath(path: string): string {
    const own = storagesDir(this.stateDir);
    return movedPath(path, own, this.options.shownStorages ?? own);
  }

  /** Reads what is kept under stateDir, makes what is absent, ends what a crash left half done. */
  async start(): Promise<void> {
    // Uploads that a crash cut off.
    await rm(join(this.stateDir, 'tmp'), { recursive: true, force: true });
    mkdirSync(join(this.stateDir, 'etc'), { recursive: true, mode: 0o700 });
    removeHalfWritten(this.stateDir);
    for (const service of this.services()) await service.start?.();
  }

  async close(): Promise<void> {
    // Tasks end before what they work with.
    await this.tasks.close();
    for (const service of this.services().reverse()) await service.close?.();
  }

  private services(): Service[] {
    return [
      this.tasks,
      this.access,
      this.network,
      this.host,
      this.storage,
      this.guests,
      this.backups,
      this.restores,
      this.backupJobs,
      this.rrd,
    ];
  }
}

/** What each service may bring: start() before the first call, close() after the last. */
interface Service {
  start?(): Promise<void>;
  close?(): Promise<void>;
}

export function buildLocalNode(options: LocalNodeOptions): LocalNode {
  return new LocalNode(options);
}
