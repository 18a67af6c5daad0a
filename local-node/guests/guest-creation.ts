/**
 * Making and removing guests. Each method checks at once what can be known at once and takes the vmid; the worker that
 * it returns is the body of a task. Until the worker is done, the new configuration is locked (`lock: create`,
 * `lock: clone`); one that is still so at the node's start was cut off, and goes with its disks.
 */
import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { ApiError } from '../base/api-error';
import type { Clock } from '../base/clock';
import type { DiskFormat, GuestEngine } from '../engine/guest-engine';
import { defaultBoot } from '../formats/boot-order';
import { type Drive, isCdrom, isCloudInit, isDrive, isUnusedDisk } from '../formats/drive';
import { effectiveValues, emptyConfig, type GuestConfig } from '../formats/guest-config';
import { isNic, randomMac } from '../formats/nic';
import { driveOf, drivesOf, type OptionValue, type OptionValues, textOf } from '../formats/option-values';
import type { Volume } from '../storage/storage-catalogue';
import type { StorageService } from '../storage/storage-service';
import type { TaskContext } from '../tasks/task-service';
import type { GuestChanges } from './guest-changes';
import type { GuestDisks } from './guest-disks';
import { messageOf } from './guest-disks';
import type { GuestLocks } from './guest-lock';
import type { GuestPower } from './guest-power';
import { type GuestStore, refuseLocked } from './guest-store';
import { checkOptionValues } from './option-checks';
import type { PoolStore } from './pools';

type Worker = (task: TaskContext) => Promise<void>;

export interface CloneRequest {
  readonly newVmid: number;
  /** @default full, except for templates */
  readonly full?: boolean;
  readonly name?: string;
  readonly description?: string;
  readonly storage?: string;
  readonly format?: DiskFormat;
  readonly pool?: string;
}

interface GuestCreationUses {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly engine: GuestEngine;
  readonly storage: StorageService;
  readonly store: GuestStore;
  readonly locks: GuestLocks;
  readonly pools: PoolStore;
  readonly disks: GuestDisks;
  readonly changes: GuestChanges;
  readonly power: GuestPower;
}

export class GuestCreation {
  constructor(private readonly uses: GuestCreationUses) {}

  /** Throws ApiError if the vmid is taken or an option cannot be fulfilled. */
  create(
    vmid: number,
    options: OptionValues,
    extra: { readonly pool?: string; readonly start: boolean },
  ): Worker {
    if (this.uses.store.has(vmid)) throw this.uses.store.taken(vmid);
    if (extra.pool !== undefined) this.uses.pools.requireForNewMember(extra.pool);
    checkOptionValues(options, this.uses.storage);
    for (const [name, value] of options) {
      if (isDrive(value)) this.uses.disks.check(name, value);
    }
    if (!this.uses.store.reserve(vmid, emptyConfig(new Map([['lock', 'create']]))))
      throw this.uses.store.taken(vmid);
    return async ({ log }) => {
      await this.uses.locks.exclusive(vmid, async () => {
        const values = new Map<string, OptionValue>([...this.identity(), ...options]);
        const made: Volume[] = [];
        try {
          for (const [name, value] of options) {
            values.set(name, await this.uses.changes.prepare(vmid, name, value, made, log));
          }
          const boot = defaultBoot(values);
          if (boot !== undefined && !values.has('boot')) values.set('boot', boot);
          if (extra.pool !== undefined) await this.uses.pools.addGuest(extra.pool, vmid);
          await this.uses.store.write(vmid, emptyConfig(values));
        } catch (fault) {
          await this.takeBack(vmid, made);
          throw new Error(`unable to create VM ${vmid} - ${messageOf(fault)}`, { cause: fault });
        }
      });
      if (extra.start) await this.uses.power.start(vmid, log);
    };
  }

  /** Throws ApiError if there is no such guest, the new vmid is taken or the disks cannot be cloned so. */
  clone(vmid: number, request: CloneRequest): Worker {
    this.uses.store.requireOnNode(vmid);
    const config = this.uses.store.get(vmid);
    refuseLocked(config);
    const values = effectiveValues(config);
    const isTemplate = values.get('template') === '1';
    const full = request.full ?? !isTemplate;
    const { newVmid } = request;
    const taken = () => new ApiError(500, `unable to create VM ${newVmid}: config file already exists`);
    if (this.uses.store.has(newVmid)) throw taken();
    for (const name of ['storage', 'format'] as const) {
      if (full || request[name] === undefined) continue;
      throw new ApiError(500, `parameter '${name}' not allowed for linked clones`);
    }
    for (const { slot, drive } of drivesOf(values)) {
      if (full || isCdrom(drive)) continue;
      if (!isTemplate || !/\/base-/.test(drive.file)) {
        throw new ApiError(500, `Linked clone feature is not supported for '${drive.file}' (${slot})`);
      }
    }
    if (this.uses.engine.isRunning(vmid)) {
      throw new ApiError(500, `VM ${vmid} is running - the local node clones stopped guests only`);
    }
    if (request.storage !== undefined) this.uses.storage.requireImages(request.storage);
    if (request.pool !== undefined) this.uses.pools.requireForNewMember(request.pool);
    if (!this.uses.store.reserve(newVmid, emptyConfig(new Map([['lock', 'clone']])))) throw taken();
    return ({ log }) =>
      this.uses.locks.exclusive(newVmid, () =>
        this.uses.locks.shared(vmid, async () => {
          const made: Volume[] = [];
          try {
            log(`creating a clone of VM ${vmid} with ID ${newVmid}`);
            const copy = await this.copyOf(vmid, { ...request, full }, made, log);
            if (request.pool !== undefined) await this.uses.pools.addGuest(request.pool, newVmid);
            await this.uses.store.write(newVmid, emptyConfig(copy));
          } catch (fault) {
            await this.takeBack(newVmid, made);
            throw new Error(`clone failed: ${messageOf(fault)}`, { cause: fault });
          }
        }),
      );
  }

  /** The storages on which a clone gets its disks: the one that is asked for, or those of the guest's own disks. */
  storagesOfClone(vmid: number, asked: string | undefined): readonly string[] {
    if (asked !== undefined) return [asked];
    const config = this.uses.store.find(vmid);
    if (!config) return []; // the clone itself says so
    const drives = drivesOf(effectiveValues(config));
    const volumes = drives.flatMap(({ drive }) =>
      isCdrom(drive) ? [] : (this.uses.disks.volumeOf(drive) ?? []),
    );
    return [...new Set(volumes.map(({ storage }) => storage.id))];
  }

  /** Makes a template of a stopped guest: its disks become base images that linked clones stand on. */
  template(vmid: number): Worker {
    const config = this.uses.store.get(vmid);
    refuseLocked(config);
    if (config.values.get('template') === '1')
      throw new ApiError(500, "you can't convert a template to a template");
    if (this.uses.engine.isRunning(vmid)) {
      throw new ApiError(500, "you can't convert a VM to template if VM is running");
    }
    return () =>
      this.uses.locks.exclusive(vmid, async () => {
        if (this.uses.engine.isRunning(vmid))
          throw new Error("you can't convert a VM to template if VM is running");
        const current = await this.uses.changes.applyPending(vmid, this.uses.store.get(vmid));
        const values = new Map(current.values).set('template', '1');
        // The template flag first, so that a cut-off conversion can never start again on half-renamed disks.
        await this.uses.store.write(vmid, { ...current, values });
        for (const { slot, drive } of drivesOf(values)) {
          const volume = this.uses.disks.volumeOf(drive);
          if (!volume || isCdrom(drive) || !/\/vm-/.test(volume.volid)) continue;
          const base = await this.uses.storage.images.makeBase(volume);
          values.set(slot, { ...drive, file: base.volid });
          await this.uses.store.write(vmid, { ...current, values });
        }
      });
  }

  /** Throws ApiError if the guest runs or is protected. */
  destroy(
    vmid: number,
    options: { readonly skipLock: boolean; readonly unreferencedDisks: boolean },
  ): Worker {
    const check = () => {
      const config = this.uses.store.get(vmid);
      if (!options.skipLock) refuseLocked(config);
      if (config.values.get('protection') === '1') {
        throw new ApiError(500, `can't remove VM ${vmid} - protection mode enabled`);
      }
      if (this.uses.engine.isRunning(vmid)) throw new ApiError(500, `VM ${vmid} is running - destroy failed`);
      return config;
    };
    check();
    return ({ log }) =>
      this.uses.locks.exclusive(vmid, async () => {
        const config = check();
        for (const volume of this.volumesOf(config, vmid)) {
          await this.uses.storage.images.remove(volume, log);
        }
        log(`purging VM ${vmid} from related configurations..`);
        if (options.unreferencedDisks) await this.uses.storage.images.removeAll(vmid);
        await this.uses.pools.removeGuest(vmid);
        await this.uses.power.unmark(vmid);
        this.uses.store.remove(vmid);
      });
  }

  /** Removes guests whose creation or cloning a crash cut off. */
  async removeHalfMade(): Promise<void> {
    for (const [vmid, config] of this.uses.store.readable()) {
      const lock = config.values.get('lock');
      // One that is half made has nothing but its lock; any other guest is whole, whatever its lock says.
      if ((lock !== 'create' && lock !== 'clone') || config.values.size > 1) continue;
      this.uses.logger.warn({ vmid, lock }, 'removing a guest whose creation was cut off');
      await this.uses.storage.images.removeAll(vmid);
      await this.undo(vmid, []);
    }
  }

  /** As undo(), where another fault is the one to tell. What stays keeps its lock, by which the next start finds it. */
  private async takeBack(vmid: number, made: readonly Volume[]): Promise<void> {
    await this.undo(vmid, made).catch((err: unknown) =>
      this.uses.logger.warn({ vmid, err }, 'what was made is not taken back; the next start does'),
    );
  }

  private async undo(vmid: number, made: readonly Volume[]): Promise<void> {
    for (const volume of made) await this.uses.storage.images.remove(volume, () => undefined);
    try {
      await this.uses.pools.removeGuest(vmid);
    } finally {
      this.uses.store.remove(vmid); // without its disks it must not stay
    }
  }

  private async copyOf(
    vmid: number,
    request: CloneRequest,
    made: Volume[],
    log: (line: string) => void,
  ): Promise<OptionValues> {
    const values = new Map(effectiveValues(this.uses.store.get(vmid)));
    for (const [name, value] of [...values]) {
      if (['lock', 'parent', 'template', 'protection'].includes(name) || isUnusedDisk(name))
        values.delete(name);
      else if (isNic(value)) values.set(name, { ...value, macaddr: randomMac() });
      else if (isDrive(value)) values.set(name, await this.cloneDrive(request, name, value, made, log));
    }
    values.set('name', request.name ?? `Copy-of-VM-${textOf(values, 'name') ?? vmid}`);
    if (request.description !== undefined) values.set('description', request.description);
    for (const [name, value] of this.identity()) if (name !== 'meta') values.set(name, value);
    return values;
  }

  private async cloneDrive(
    request: CloneRequest,
    slot: string,
    drive: Drive,
    made: Volume[],
    log: (line: string) => void,
  ): Promise<Drive> {
    const { images } = this.uses.storage;
    const source = this.uses.disks.volumeOf(drive);
    if (!source) return drive;
    const storage = request.storage === undefined ? source.storage : this.uses.storage.get(request.storage);
    if (isCdrom(drive)) {
      if (!isCloudInit(drive)) return drive;
      const volume = images.cloudInitVolume(storage, request.newVmid);
      return { ...drive, file: volume.volid, size: '4M' };
    }
    const mode = request.full ? 'full' : 'linked';
    const format = mode === 'linked' ? 'qcow2' : (request.format ?? (source.format as DiskFormat));
    const taken = new Set(made.map(({ path }) => path));
    const volume = await images.newVolume(storage, request.newVmid, format, taken);
    made.push(volume);
    log(`create ${mode} clone of drive ${slot} (${source.volid})`);
    await images.clone(source, volume, mode);
    const base = source.volid.slice(source.volid.indexOf(':') + 1);
    const name = volume.volid.slice(volume.volid.indexOf(':') + 1);
    return { ...drive, file: mode === 'linked' ? `${storage.id}:${base}/${name}` : volume.volid };
  }

  /** The guest's own volumes among its drives and unused disks, each once. */
  private volumesOf({ values, pending }: GuestConfig, vmid: number): Volume[] {
    const drives = [values, pending].flatMap((options) =>
      [...options.keys()].flatMap((name) => driveOf(options, name) ?? []),
    );
    const volumes = drives.flatMap((drive) => this.uses.disks.volumeOf(drive) ?? []);
    const own = volumes.filter((volume) => volume.content === 'images' && volume.vmid === vmid);
    return [...new Map(own.map((volume) => [volume.path, volume])).values()];
  }

  /** What every new guest gets: where it comes from, and its machine's own numbers. */
  private identity(): [string, string][] {
    const seconds = Math.floor(this.uses.clock.now() / 1000);
    return [
      ['meta', `creation-qemu=${this.uses.engine.version},ctime=${seconds}`],
      ['smbios1', `uuid=${randomUUID()}`],
      ['vmgenid', randomUUID()],
    ];
  }
}
