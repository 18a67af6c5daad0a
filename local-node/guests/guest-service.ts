import type { Logger } from 'pino';
import type { AccessService } from '../access/access-service';
import type { Clock } from '../base/clock';
import type { DiskFormat, GuestEngine } from '../engine/guest-engine';
import { freeUnusedDisk, isUnusedDisk } from '../formats/drive';
import { emptyConfig } from '../formats/guest-config';
import { driveOf, drivesOf, type OptionValue, type OptionValues } from '../formats/option-values';
import type { NetworkService } from '../network/network-service';
import type { Volume } from '../storage/storage-catalogue';
import type { StorageService } from '../storage/storage-service';
import type { TaskContext, TaskService } from '../tasks/task-service';
import { GuestAgent } from './guest-agent';
import { GuestChanges } from './guest-changes';
import { GuestCreation } from './guest-creation';
import { GuestDisks } from './guest-disks';
import { brokenRow, GuestFigures, type GuestRow } from './guest-figures';
import { GuestLocks } from './guest-lock';
import { GuestPower } from './guest-power';
import { GuestStore, refuseLocked } from './guest-store';
import { PoolStore } from './pools';
import { VolumeAccess } from './volume-access';

export interface GuestServiceOptions {
  readonly stateDir: string;
  readonly nodeName: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly engine: GuestEngine;
  readonly tasks: TaskService;
  readonly access: AccessService;
  readonly network: NetworkService;
  readonly storage: StorageService;
  /** For guests that have none of their own; undefined = they get none. */
  readonly nameserver: () => string | undefined;
}

/** The guests of the node: their configurations, and all that is done to them. */
export class GuestService {
  readonly store: GuestStore;
  readonly locks = new GuestLocks();
  readonly pools: PoolStore;
  readonly volumeAccess: VolumeAccess;
  readonly disks: GuestDisks;
  readonly changes: GuestChanges;
  readonly creation: GuestCreation;
  readonly power: GuestPower;
  readonly agent: GuestAgent;
  private readonly figures: GuestFigures;

  constructor(private readonly options: GuestServiceOptions) {
    const { stateDir, nodeName, access, ...services } = options;
    this.store = new GuestStore(stateDir, nodeName);
    this.pools = new PoolStore(access);
    const base = { ...services, stateDir, store: this.store, locks: this.locks };
    this.disks = new GuestDisks(base);
    this.volumeAccess = new VolumeAccess({ access, storage: services.storage, disks: this.disks });
    this.changes = new GuestChanges({ ...base, disks: this.disks });
    const made = { ...base, disks: this.disks, changes: this.changes };
    this.power = new GuestPower(made);
    this.creation = new GuestCreation({ ...made, pools: this.pools, power: this.power });
    this.agent = new GuestAgent(base);
    this.figures = new GuestFigures(base);
  }

  /** Removes what a crash left half made, takes over running guests and starts those that should run. */
  async start(): Promise<void> {
    this.store.start();
    for (const [vmid, fault] of this.store.broken()) this.options.logger.error({ vmid }, fault);
    await this.creation.removeHalfMade();
    await this.power.resume();
  }

  async close(): Promise<void> {
    await this.options.engine.close();
  }

  /** For guests that have none of their own; undefined = they get none. */
  nameserver(): string | undefined {
    return this.options.nameserver();
  }

  /** Figures of one guest, as status/current shows them. */
  async status(vmid: number): Promise<GuestRow> {
    const read = this.store.read(vmid);
    if (read?.fault !== undefined) return brokenRow(vmid, read.fault);
    return this.figures.row(vmid, this.store.get(vmid), true);
  }

  /** Figures of all guests, by vmid. `full` as in GET qemu?full=1. */
  async list(full: boolean): Promise<GuestRow[]> {
    const rows = this.store.vmids().map((vmid) => {
      const read = this.store.read(vmid);
      if (read?.fault !== undefined) return brokenRow(vmid, read.fault);
      return read && this.figures.row(vmid, read.config, full);
    });
    return (await Promise.all(rows)).filter((row): row is GuestRow => row !== undefined);
  }

  /** The body of a resize task. `size` is a size, or "+" and what to add. */
  async resize(vmid: number, slot: string, size: string, log: (line: string) => void): Promise<void> {
    await this.locks.exclusive(vmid, async () => {
      const config = this.store.get(vmid);
      refuseLocked(config);
      const drive = driveOf(config.values, slot) ?? driveOf(config.pending, slot);
      if (drive === undefined) throw new Error(`disk '${slot}' does not exist`);
      const { size: newSize } = await this.disks.resize(vmid, slot, drive, size);
      const withSize = (values: OptionValues) => {
        const old = driveOf(values, slot);
        return old ? new Map(values).set(slot, { ...old, size: newSize }) : values;
      };
      await this.store.write(vmid, {
        ...config,
        values: withSize(config.values),
        pending: withSize(config.pending),
      });
      log('Image resized.');
    });
  }

  /** The body of a task that moves a stopped guest's disk to another storage. Throws ApiError at once where it can. */
  moveDisk(
    vmid: number,
    slot: string,
    to: { readonly storage: string; readonly format?: DiskFormat; readonly removeSource: boolean },
  ): (task: TaskContext) => Promise<void> {
    this.store.get(vmid);
    const storage = this.options.storage.requireImages(to.storage);
    return ({ log }) =>
      this.locks.exclusive(vmid, async () => {
        const config = this.store.get(vmid);
        refuseLocked(config);
        if (this.options.engine.isRunning(vmid)) {
          throw new Error(`VM ${vmid} is running - the local node moves disks of stopped guests only`);
        }
        const { values } = await this.changes.applyPending(vmid, config);
        const drive = driveOf(values, slot);
        const source = drive && this.disks.volumeOf(drive);
        if (!source) throw new Error(`disk '${slot}' does not exist`);
        if (source.content !== 'images') throw new Error("you can't move a cdrom");
        const format = to.format ?? (source.format as DiskFormat);
        if (source.storage.id === storage.id && source.format === format) {
          throw new Error("you can't move to the same storage with same format");
        }
        const volume = await this.options.storage.images.newVolume(storage, vmid, format, new Set());
        log(`create full clone of drive ${slot} (${source.volid})`);
        await this.options.storage.images.clone(source, volume, 'full');
        const moved = new Map<string, OptionValue>(values).set(
          slot,
          isUnusedDisk(slot) ? volume.volid : { ...drive, file: volume.volid },
        );
        if (!to.removeSource) moved.set(freeUnusedDisk(moved), source.volid);
        await this.store.write(vmid, { ...emptyConfig(moved) });
        if (to.removeSource) await this.options.storage.images.remove(source, log);
      });
  }

  /** vmids of the guests whose disks stand on a template's disk. */
  linkedClonesOf(base: Volume): number[] {
    if (!/\/base-/.test(base.volid)) return [];
    const clones = [...this.store.readable()].filter(([, config]) =>
      drivesOf(config.values).some(({ drive }) => {
        const volume = this.disks.volumeOf(drive);
        return volume?.base === base.relativePath && volume.storage.id === base.storage.id;
      }),
    );
    // Of a guest that cannot be read, a mention is enough: its disk would be lost with the base.
    const suspects = [...this.store.broken()].filter(([vmid]) => this.store.mentions(vmid, `${base.volid}/`));
    return [...clones, ...suspects].map(([vmid]) => vmid);
  }
}

export type { GuestRow } from './guest-figures';
