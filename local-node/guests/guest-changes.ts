/**
 * Changes of a guest's configuration. A guest that does not run takes them at once. A running one takes at once what
 * concerns the node alone; all else waits in [PENDING] for the next start: the local node plugs nothing in or out.
 */
import { randomUUID } from 'node:crypto';
import { ApiError } from '../base/api-error';
import type { GuestEngine } from '../engine/guest-engine';
import { changedBoot } from '../formats/boot-order';
import {
  type Drive,
  freeUnusedDisk,
  isCdrom,
  isCloudInit,
  isDrive,
  isDriveSlot,
  isUnusedDisk,
} from '../formats/drive';
import { digestOf, effectiveValues, type GuestConfig } from '../formats/guest-config';
import { appliesAtOnce, isCloudInitOption } from '../formats/guest-options';
import { isNic, randomMac } from '../formats/nic';
import { drivesOf, type OptionValue, type OptionValues, printOption, textOf } from '../formats/option-values';
import type { Volume } from '../storage/storage-catalogue';
import type { StorageService } from '../storage/storage-service';
import { type ConfigChange, checkDevices, checkNames, checkState } from './config-change';
import type { GuestDisks } from './guest-disks';
import type { GuestLocks } from './guest-lock';
import type { GuestStore } from './guest-store';
import { checkOptionValues } from './option-checks';
import { hashPassword } from './password-hash';

/** A password that is hashed already, as Proxmox VE tells it: any other is hashed. */
const HASHED = /^\$(?:[156]|2[ay])(\$.+){2}/;

interface Draft extends GuestConfig {
  readonly vmid: number;
  readonly values: Map<string, OptionValue>;
  readonly pending: Map<string, OptionValue>;
  readonly pendingDelete: Set<string>;
  readonly cloudInitOnDrive: Map<string, string>;
}

interface GuestChangesUses {
  readonly engine: GuestEngine;
  readonly storage: StorageService;
  readonly store: GuestStore;
  readonly locks: GuestLocks;
  readonly disks: GuestDisks;
}

export class GuestChanges {
  constructor(private readonly uses: GuestChangesUses) {}

  /** Says what is wrong with a change before anything is touched. Throws ApiError. */
  check(change: ConfigChange): void {
    checkNames(change);
    checkOptionValues(change.set, this.uses.storage);
    for (const [name, value] of change.set) {
      if (isDrive(value)) this.uses.disks.check(name, value);
    }
  }

  async update(vmid: number, change: ConfigChange, log: (line: string) => void): Promise<void> {
    this.check(change);
    await this.uses.locks.exclusive(vmid, async () => {
      const config = this.uses.store.get(vmid);
      checkState(change, config);
      checkDevices(change, config);
      const made: Volume[] = [];
      try {
        await this.apply(vmid, config, change, made, log);
      } catch (fault) {
        // The file may be the new one all the same, as where only its directory could not be put on disk.
        const left = made.filter(({ volid }) => !this.uses.store.mentions(vmid, volid));
        for (const volume of left) await this.uses.storage.images.remove(volume, () => undefined);
        throw fault;
      }
    });
  }

  /** The configuration as GET config shows it: with `current`, without what is pending. Throws ApiError. */
  shown(vmid: number, current: boolean): { values: OptionValues; digest: string } {
    const config = this.uses.store.get(vmid);
    return { values: current ? config.values : effectiveValues(config), digest: digestOf(config) };
  }

  /** Makes pending changes current, for a guest that does not run; returns its configuration. */
  async applyPending(vmid: number, config: GuestConfig): Promise<GuestConfig> {
    if (config.pending.size === 0 && config.pendingDelete.size === 0) return config;
    const draft = draftOf(vmid, config);
    draft.pending.clear();
    draft.pendingDelete.clear();
    for (const name of config.pendingDelete) await this.drop(draft, name);
    for (const [name, value] of config.pending) await this.put(draft, name, value);
    await this.uses.store.write(vmid, draft);
    return draft;
  }

  /** The options of a request ready for the configuration: volumes made, addresses and hashes filled in. */
  async prepare(
    vmid: number,
    name: string,
    value: OptionValue,
    made: Volume[],
    log: (line: string) => void,
  ): Promise<OptionValue> {
    if (isDrive(value)) return this.uses.disks.materialize(vmid, name, value, made, log);
    if (isNic(value)) return { ...value, macaddr: value.macaddr ?? randomMac() };
    if (name === 'vmgenid' && value === '1') return randomUUID();
    // More than control groups of version 2 take.
    if (name === 'cpuunits') return String(Math.min(Number(value), 10_000));
    return name === 'cipassword' && !HASHED.test(value) ? hashPassword(value) : value;
  }

  private async apply(
    vmid: number,
    config: GuestConfig,
    change: ConfigChange,
    made: Volume[],
    log: (line: string) => void,
  ): Promise<void> {
    const running = this.uses.engine.isRunning(vmid);
    if (running && change.force && change.delete.some(isDriveSlot)) {
      throw new ApiError(501, 'the local node removes no disk of a running guest by force');
    }
    const draft = draftOf(vmid, running ? config : await this.applyPending(vmid, config));
    const boot = change.set.has('boot') ? undefined : changedBoot(draft.values, change.delete, change.set);
    for (const name of change.revert) {
      await this.retire(draft, draft.pending.get(name));
      draft.pending.delete(name);
      draft.pendingDelete.delete(name);
    }
    for (const name of change.delete) {
      if (!running || appliesAtOnce(name)) {
        this.noteCloudInit(draft, name, running);
        await this.drop(draft, name, change.force);
      } else {
        await this.retire(draft, draft.pending.get(name));
        draft.pending.delete(name);
        if (draft.values.has(name)) draft.pendingDelete.add(name);
      }
    }
    for (const [name, value] of change.set) {
      const ready = await this.prepare(vmid, name, value, made, log);
      if (!running || appliesAtOnce(name)) {
        this.noteCloudInit(draft, name, running);
        await this.put(draft, name, ready);
      } else {
        draft.pendingDelete.delete(name);
        await this.retireReplaced(draft, draft.pending.get(name), ready);
        if (sameValue(draft.values.get(name), ready)) draft.pending.delete(name);
        else draft.pending.set(name, ready);
      }
    }
    if (boot !== undefined) (running ? draft.pending : draft.values).set('boot', boot);
    await this.uses.store.write(vmid, draft);
  }

  /** Remembers what the drive of a running guest still says. */
  private noteCloudInit(draft: Draft, name: string, running: boolean): void {
    if (!running || !isCloudInitOption(name) || draft.cloudInitOnDrive.has(name)) return;
    draft.cloudInitOnDrive.set(name, textOf(draft.values, name) ?? '');
  }

  private async put(draft: Draft, name: string, value: OptionValue): Promise<void> {
    await this.retireReplaced(draft, draft.values.get(name), value);
    if (isDrive(value)) forgetUnused(draft, value);
    draft.values.set(name, value);
  }

  private async retireReplaced(
    draft: Draft,
    old: OptionValue | undefined,
    value: OptionValue,
  ): Promise<void> {
    if (isDrive(old) && isDrive(value) && old.file !== value.file) await this.retire(draft, old);
  }

  private async drop(draft: Draft, name: string, force = false): Promise<void> {
    const old = draft.values.get(name);
    draft.values.delete(name);
    if (isUnusedDisk(name) && typeof old === 'string') {
      await this.removeOwn(draft, this.uses.storage.volume(old));
    }
    const volume = force && isDrive(old) ? this.uses.disks.volumeOf(old) : undefined;
    if (volume) await this.removeOwn(draft, volume);
    else await this.retire(draft, old);
  }

  /** Nothing goes that belongs to another guest, or that a drive of this guest or of a snapshot of it still names. */
  private async removeOwn(draft: Draft, volume: Volume): Promise<void> {
    const used = [draft.values, draft.pending, ...draft.snapshots.values()].some((values) =>
      drivesOf(values).some(({ drive }) => drive.file === volume.volid),
    );
    if (isOf(draft, volume) && !used) await this.uses.storage.images.remove(volume, () => undefined);
  }

  /**
   * A disk that is taken out stays as unusedN; a cloud-init drive, which can be made again, goes. One that belongs to
   * another guest is let go of.
   */
  private async retire(draft: Draft, drive: OptionValue | undefined): Promise<void> {
    if (!isDrive(drive)) return;
    const volume = this.uses.disks.volumeOf(drive);
    if (!volume) return;
    if (isCdrom(drive)) {
      if (isCloudInit(drive)) await this.removeOwn(draft, volume);
      return;
    }
    if (isOf(draft, volume)) draft.values.set(freeUnusedDisk(draft.values), volume.volid);
  }
}

function draftOf(vmid: number, config: GuestConfig): Draft {
  return {
    ...config,
    vmid,
    values: new Map(config.values),
    pending: new Map(config.pending),
    pendingDelete: new Set(config.pendingDelete),
    cloudInitOnDrive: new Map(config.cloudInitOnDrive),
  };
}

function isOf(draft: Draft, volume: Volume): boolean {
  return volume.content === 'images' && volume.vmid === draft.vmid;
}

function sameValue(a: OptionValue | undefined, b: OptionValue): boolean {
  return a !== undefined && printOption(a) === printOption(b);
}

/** A disk that is put in again is no longer unused. */
function forgetUnused(draft: Draft, drive: Drive): void {
  for (const [name, value] of draft.values) {
    if (isUnusedDisk(name) && value === drive.file) draft.values.delete(name);
  }
}
