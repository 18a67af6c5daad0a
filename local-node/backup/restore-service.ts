/** Restoring guests from backups: the checks that come before the task, and its worker. */
import type { Logger } from 'pino';
import { ApiError } from '../base/api-error';
import type { ContainerEngine } from '../engine/container-engine';
import type { GuestEngine } from '../engine/guest-engine';
import type { GuestConfig } from '../formats/guest-config';
import type { GuestService } from '../guests/guest-service';
import { type GuestStore, refuseLocked } from '../guests/guest-store';
import type { Volume } from '../storage/storage-catalogue';
import type { StorageService } from '../storage/storage-service';
import type { TaskWorker } from '../tasks/task-service';
import { configOfArchive, restoreContainer } from './container-restore';
import { restoreMachine } from './machine-restore';
import { mendRestores, type RestoreRequest, type RestoreUses } from './restore';
import { RestoreJournal } from './restore-journal';
import { vmaHeaderOf } from './vma-reader';

export interface RestoreServiceOptions {
  readonly stateDir: string;
  readonly logger: Logger;
  readonly engine: GuestEngine;
  readonly containerEngine: ContainerEngine;
  readonly storage: StorageService;
  readonly guests: GuestService;
}

export class RestoreService {
  private readonly uses: RestoreUses;

  constructor(private readonly options: RestoreServiceOptions) {
    const { logger, storage, guests, stateDir } = options;
    const { locks, pools } = guests;
    this.uses = { logger, storage, locks, pools, journal: new RestoreJournal(stateDir) };
  }

  /** Takes back what a restore left that was cut off. */
  async start(): Promise<void> {
    const { guests, storage } = this.options;
    await mendRestores(this.uses, [guests.store, guests.containers.store], (volid) =>
      storage.free(storage.volume(volid), () => undefined),
    );
  }

  /** The configuration in a backup, as one text. Throws ApiError if it is none. */
  async extractConfig(volid: string): Promise<string> {
    const volume = this.options.storage.volume(volid);
    if (volume.content !== 'backup')
      throw new ApiError(500, `unable to use volume ${volid} - content type needs to be 'backup'`);
    if (!(await this.options.storage.exists(volume)))
      throw new ApiError(500, `volume '${volid}' does not exist`);
    if (!/\.vma(\.\w+)?$/.test(volume.path)) return configOfArchive(volume.path);
    return (await vmaHeaderOf(volume.path)).configs.get('qemu-server.conf') ?? '';
  }

  /** Throws ApiError if a guest is in the way or the archive is not there. */
  async machine(vmid: number, request: RestoreRequest): Promise<TaskWorker> {
    const { guests, storage } = this.options;
    const { store, containers } = guests;
    const volume = this.archive(request.archive);
    if (!(await storage.exists(volume)))
      throw new ApiError(500, `volume '${request.archive}' does not exist`);
    if (request.storage !== undefined) storage.requireImages(request.storage);
    const fault = `unable to restore VM ${vmid} - `;
    containers.requireFree(vmid, fault);
    const taken = () => new ApiError(500, `${fault}VM ${vmid} already exists on node '${store.nodeName}'`);
    if (store.has(vmid) && !request.force) throw taken();
    if (request.pool !== undefined) guests.pools.requireForNewMember(request.pool);
    const fresh = !store.has(vmid);
    if (fresh && !store.reserve(vmid, 'create')) throw taken();
    if (fresh) guests.looks.add(vmid);
    return async (task) => {
      await guests.locks.exclusive(vmid, async () => {
        if (!fresh && this.options.engine.isRunning(vmid)) throw new Error(`${fault}vm is running`);
        const old = fresh ? undefined : this.replaceable(store, vmid, 'VM');
        const of = { engine: this.options.engine, disks: guests.disks, tmpDir: this.options.stateDir };
        await restoreMachine({ ...this.uses, ...of }, store, { vmid, old, volume, request }, task);
      });
      if (request.start) await guests.power.start(vmid, task.log);
    };
  }

  /** The same for a container; whether the archive is there its task tells. */
  container(vmid: number, request: RestoreRequest): TaskWorker {
    const { guests, containerEngine } = this.options;
    const { store } = guests.containers;
    const name = store.nodeName;
    if (guests.store.has(vmid)) throw new ApiError(500, `VM ${vmid} already exists on node '${name}'`);
    if (store.has(vmid) && containerEngine.isRunning(vmid) && request.force)
      throw new ApiError(500, "can't overwrite running container");
    if (store.has(vmid) && !request.force) throw store.taken(vmid);
    if (request.storage !== undefined) guests.containers.volumes.place(request.storage);
    if (request.pool !== undefined) guests.pools.requireForNewMember(request.pool);
    const fresh = !store.has(vmid);
    if (fresh && !store.reserve(vmid, 'create')) throw store.taken(vmid);
    if (fresh) guests.looks.add(vmid);
    return async (task) => {
      await guests.locks.exclusive(vmid, async () => {
        if (!fresh && containerEngine.isRunning(vmid)) throw new Error("can't overwrite running container");
        const old = fresh ? undefined : this.replaceable(store, vmid, 'CT');
        const of = { engine: containerEngine, volumes: guests.containers.volumes };
        await restoreContainer({ ...this.uses, ...of }, store, { vmid, old, request }, task);
      });
      if (request.start) await guests.containers.power.start(vmid);
    };
  }

  /** The configuration of a guest that a restore may overwrite. Throws ApiError. */
  private replaceable(store: GuestStore, vmid: number, noun: 'VM' | 'CT'): GuestConfig {
    const config = store.get(vmid);
    refuseLocked(config, noun);
    if (config.values.get('protection') === '1')
      throw new ApiError(500, `unable to restore ${noun} ${vmid} - protection mode enabled`);
    return config;
  }

  private archive(volid: string): Volume {
    if (!/^[\w.-]+:/.test(volid)) throw new ApiError(500, `can't find file '${volid}'`);
    return this.options.storage.volume(volid);
  }
}
