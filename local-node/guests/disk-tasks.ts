/** Tasks on one disk of a guest: making it larger, and moving it to another storage. */
import { ApiError } from '../base/api-error';
import type { DiskFormat, GuestEngine } from '../engine/guest-engine';
import { type Drive, freeUnusedDisk, isCdrom, isUnusedDisk } from '../formats/drive';
import { driveOf, type OptionValue, type OptionValues } from '../formats/option-values';
import type { Volume } from '../storage/storage-catalogue';
import type { StorageService } from '../storage/storage-service';
import type { TaskWorker } from '../tasks/task-service';
import { checkReservation, type Reservation } from './config-change';
import type { GuestChanges } from './guest-changes';
import type { GuestDisks } from './guest-disks';
import { messageOf } from './guest-disks';
import type { GuestLocks } from './guest-lock';
import type { GuestStore } from './guest-store';

interface DiskTasksUses {
  readonly engine: GuestEngine;
  readonly storage: StorageService;
  readonly store: GuestStore;
  readonly locks: GuestLocks;
  readonly disks: GuestDisks;
  readonly changes: GuestChanges;
}

export class DiskTasks {
  constructor(private readonly uses: DiskTasksUses) {}

  /** The body of a resize task. `size` is a size, or "+" and what to add. */
  async resize(
    vmid: number,
    slot: string,
    size: string,
    log: (line: string) => void,
    reservation: Reservation = {},
  ): Promise<void> {
    await this.uses.locks.exclusive(vmid, async () => {
      const config = this.uses.store.get(vmid);
      checkReservation(reservation, config);
      const drive = driveOf(config.values, slot) ?? driveOf(config.pending, slot);
      if (drive === undefined) throw new Error(`disk '${slot}' does not exist`);
      const { size: newSize } = await this.uses.disks.resize(vmid, slot, drive, size);
      const withSize = (values: OptionValues) => {
        const old = driveOf(values, slot);
        return old ? new Map(values).set(slot, { ...old, size: newSize }) : values;
      };
      await this.uses.store.write(vmid, {
        ...config,
        values: withSize(config.values),
        pending: withSize(config.pending),
      });
      log('Image resized.');
    });
  }

  /**
   * The body of a task that moves a disk, of a running guest too, to another storage. Throws ApiError at once where it
   * can.
   */
  move(
    vmid: number,
    slot: string,
    to: { readonly storage: string; readonly format?: DiskFormat; readonly removeSource: boolean },
    reservation: Reservation = {},
  ): TaskWorker {
    const config = this.uses.store.get(vmid);
    checkReservation(reservation, config);
    const storage = this.uses.storage.requireImages(to.storage);
    this.movable(config.values, slot, to);
    if (to.removeSource && config.snapshots.size > 0)
      throw new ApiError(500, "you can't move a disk with snapshots and delete the source");
    return ({ log }) =>
      this.uses.locks.exclusive(vmid, async () => {
        const config = this.uses.store.get(vmid);
        checkReservation(reservation, config);
        const running = this.uses.engine.isRunning(vmid);
        const current = running ? config : await this.uses.changes.applyPending(vmid, config);
        const { values } = current;
        const { drive, source } = this.movable(values, slot, to);
        const format = to.format ?? (source.format as DiskFormat);
        const volume = await this.uses.storage.images.newVolume(storage, vmid, format, new Set());
        log(`create full clone of drive ${slot} (${source.volid})`);
        try {
          if (running && !isUnusedDisk(slot)) {
            await this.uses.storage.images.prepareClone(source, volume, 'full');
            await this.uses.engine.moveRunning(vmid, { slot, path: volume.path, format });
          } else {
            await this.uses.storage.images.clone(source, volume, 'full');
          }
        } catch (fault) {
          throw new Error(`storage migration failed: ${messageOf(fault)}`, { cause: fault });
        }
        const moved = new Map<string, OptionValue>(values).set(
          slot,
          isUnusedDisk(slot) ? volume.volid : { ...drive, file: volume.volid },
        );
        // A disk that belongs to another guest is only copied.
        const own = source.vmid === vmid;
        if (own && !to.removeSource) moved.set(freeUnusedDisk(moved), source.volid);
        try {
          await this.uses.store.write(vmid, { ...current, values: moved });
        } catch (fault) {
          await this.moveBack(vmid, slot, { source, volume }, log);
          throw fault;
        }
        if (!own || !to.removeSource) return;
        try {
          await this.uses.storage.images.remove(source, log);
        } catch (fault) {
          // Kept, it must be found: as a disk that nothing uses.
          const kept = new Map(moved).set(freeUnusedDisk(moved), source.volid);
          await this.uses.store.write(vmid, { ...current, values: kept });
          throw fault;
        }
      });
  }

  /** Takes a move back that the guest's file does not tell of, so that guest and file name the same disk again. */
  private async moveBack(
    vmid: number,
    slot: string,
    { source, volume }: { readonly source: Volume; readonly volume: Volume },
    log: (line: string) => void,
  ): Promise<void> {
    // The file may be the new one all the same, as where only its directory could not be put on disk.
    if (this.uses.store.mentions(vmid, volume.volid)) return;
    try {
      if (this.uses.engine.isRunning(vmid) && !isUnusedDisk(slot)) {
        const format = source.format as DiskFormat;
        await this.uses.engine.moveRunning(vmid, { slot, path: source.path, format });
      }
      await this.uses.storage.images.remove(volume, () => undefined);
    } catch (fault) {
      log(
        `the guest goes on with ${volume.path}, which its configuration does not name: ${messageOf(fault)}`,
      );
    }
  }

  /** The disk that is to be moved. Throws ApiError if it cannot be. */
  private movable(
    values: OptionValues,
    slot: string,
    to: { readonly storage: string; readonly format?: DiskFormat },
  ): { readonly drive: Drive; readonly source: Volume } {
    const drive = driveOf(values, slot);
    if (!drive) throw new ApiError(500, `disk '${slot}' does not exist`);
    const source = this.uses.disks.volumeOf(drive);
    if (!source) throw new ApiError(500, `disk '${slot}' has no associated volume`);
    if (source.content !== 'images' || isCdrom(drive)) throw new ApiError(500, "you can't move a cdrom");
    if (source.storage.id === to.storage && source.format === (to.format ?? source.format)) {
      throw new ApiError(500, "you can't move to the same storage with same format");
    }
    return { drive, source };
  }
}
