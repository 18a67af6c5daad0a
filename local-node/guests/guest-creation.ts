/**
 * Making and removing guests. Each method checks at once what can be known at once and takes the vmid; the worker that
 * it returns is the body of a task. Until the worker is done, the new configuration is locked (`lock: create`,
 * `lock: clone`); one that is still so at the node's start was cut off, and goes with its disks.
 */
import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { ApiError } from '../base/api-error';
import type { Clock } from '../base/clock';
import type { GuestEngine } from '../engine/guest-engine';
import { defaultBoot } from '../formats/boot-order';
import { isDrive } from '../formats/drive';
import { emptyConfig, type GuestConfig } from '../formats/guest-config';
import { driveOf, type OptionValue, type OptionValues } from '../formats/option-values';
import type { Volume } from '../storage/storage-catalogue';
import type { StorageService } from '../storage/storage-service';
import type { TaskWorker } from '../tasks/task-service';
import type { ContainerService } from './containers/container-service';
import type { FirstLooks } from './first-looks';
import type { GuestChanges } from './guest-changes';
import type { GuestDisks } from './guest-disks';
import { messageOf } from './guest-disks';
import type { GuestLocks } from './guest-lock';
import type { GuestPower } from './guest-power';
import { type GuestStore, refuseLocked } from './guest-store';
import { checkOptionValues } from './option-checks';
import type { PoolStore } from './pools';
import type { RunMarkers } from './run-markers';

interface GuestCreationUses {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly engine: GuestEngine;
  readonly storage: StorageService;
  readonly store: GuestStore;
  readonly containers: Pick<ContainerService, 'requireFree'>;
  readonly looks: FirstLooks;
  readonly locks: GuestLocks;
  readonly pools: PoolStore;
  readonly disks: GuestDisks;
  readonly changes: GuestChanges;
  readonly power: GuestPower;
  readonly markers: RunMarkers;
}

export class GuestCreation {
  constructor(private readonly uses: GuestCreationUses) {}

  /** Throws ApiError if the vmid is taken or an option cannot be fulfilled. */
  create(
    vmid: number,
    options: OptionValues,
    extra: { readonly pool?: string; readonly start: boolean },
  ): TaskWorker {
    if (this.uses.store.has(vmid)) throw this.uses.store.taken(vmid);
    this.uses.containers.requireFree(vmid, `unable to create VM ${vmid} - `);
    if (extra.pool !== undefined) this.uses.pools.requireForNewMember(extra.pool);
    checkOptionValues(options, this.uses.storage);
    for (const [name, value] of options) {
      if (isDrive(value)) this.uses.disks.check(name, value);
    }
    if (!this.uses.store.reserve(vmid, 'create')) throw this.uses.store.taken(vmid);
    this.uses.looks.add(vmid);
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

  /** Throws ApiError if the guest runs or is protected. */
  destroy(
    vmid: number,
    options: { readonly skipLock: boolean; readonly unreferencedDisks: boolean },
  ): TaskWorker {
    const check = () => {
      // Of a guest whose file cannot be read, what can be made out of it counts.
      const broken = this.uses.store.read(vmid)?.fault !== undefined;
      const config = broken ? this.uses.store.remains(vmid) : this.uses.store.get(vmid);
      if (!options.skipLock) refuseLocked(config);
      if (config.values.get('protection') === '1') {
        throw new ApiError(500, `can't remove VM ${vmid} - protection mode enabled`);
      }
      if (this.uses.engine.isRunning(vmid)) throw new ApiError(500, `VM ${vmid} is running - destroy failed`);
      return { config, broken };
    };
    check();
    return ({ log }) =>
      this.uses.locks.exclusive(vmid, async () => {
        const { config, broken } = check();
        // Which disks such a guest names is not known, so that all go that bear its number.
        const volumes = broken
          ? await this.uses.storage.images.volumesOf(vmid)
          : this.volumesOf(config, vmid);
        for (const volume of volumes) {
          await this.uses.storage.images.remove(volume, log);
        }
        log(`purging VM ${vmid} from related configurations..`);
        if (broken || options.unreferencedDisks) await this.uses.storage.images.removeAll(vmid);
        await this.uses.pools.removeGuest(vmid);
        await this.uses.markers.unmark(vmid);
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
  async takeBack(vmid: number, made: readonly Volume[]): Promise<void> {
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

  /** The guest's own volumes among its drives, unused disks and those of its snapshots, each once. */
  private volumesOf({ values, pending, snapshots }: GuestConfig, vmid: number): Volume[] {
    const drives = [values, pending, ...snapshots.values()].flatMap((options) =>
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
