/**
 * Copies of guests: full and linked clones, and the templates that linked ones stand on. As in guest-creation.ts, each
 * method checks at once what can be known at once, and the worker that it returns is the body of a task.
 */
import { randomUUID } from 'node:crypto';
import { ApiError } from '../base/api-error';
import { CLOUD_INIT_BYTES, type DiskCopy, type DiskFormat, type GuestEngine } from '../engine/guest-engine';
import { propertyFormat } from '../formats/call-parameters';
import { type Drive, isCdrom, isCloudInit, isDrive, isUnusedDisk } from '../formats/drive';
import { emptyConfig } from '../formats/guest-config';
import { isNic, randomMac } from '../formats/nic';
import { drivesOf, type OptionValues, textOf } from '../formats/option-values';
import { parsePropertyString, printProperties } from '../formats/property-string';
import type { Volume } from '../storage/storage-catalogue';
import type { StorageService } from '../storage/storage-service';
import type { TaskWorker } from '../tasks/task-service';
import type { ContainerService } from './containers/container-service';
import type { FirstLooks } from './first-looks';
import type { GuestChanges } from './guest-changes';
import type { GuestCreation } from './guest-creation';
import type { GuestDisks } from './guest-disks';
import { messageOf } from './guest-disks';
import type { GuestLocks } from './guest-lock';
import { hasAgent } from './guest-spec';
import { type GuestStore, refuseLocked } from './guest-store';
import type { PoolStore } from './pools';
import { snapshotOf } from './snapshots/snapshot-config';

export interface CloneRequest {
  readonly newVmid: number;
  /** @default full, except for templates */
  readonly full?: boolean;
  readonly name?: string;
  readonly description?: string;
  readonly storage?: string;
  readonly format?: DiskFormat;
  readonly pool?: string;
  /** What the guest was at this snapshot, in place of what it is. */
  readonly snapshot?: string;
}

/** What of a guest, or of a snapshot, a copy has not. */
const NOT_COPIED = ['lock', 'parent', 'template', 'snaptime', 'snapstate', 'vmstate'];

interface GuestCloningUses {
  readonly engine: GuestEngine;
  readonly storage: StorageService;
  readonly store: GuestStore;
  readonly containers: Pick<ContainerService, 'requireFree'>;
  readonly looks: FirstLooks;
  readonly locks: GuestLocks;
  readonly pools: PoolStore;
  readonly disks: GuestDisks;
  readonly changes: GuestChanges;
  readonly creation: GuestCreation;
}

export class GuestCloning {
  constructor(private readonly uses: GuestCloningUses) {}

  /** Throws ApiError if there is no such guest, the new vmid is taken or the disks cannot be cloned so. */
  clone(vmid: number, request: CloneRequest): TaskWorker {
    this.uses.store.requireOnNode(vmid);
    const config = this.uses.store.get(vmid);
    refuseLocked(config);
    const { snapshot } = request;
    const values = snapshot === undefined ? config.values : snapshotOf(config, snapshot);
    const isTemplate = values.get('template') === '1';
    const full = request.full ?? !isTemplate;
    const { newVmid } = request;
    const taken = () => new ApiError(500, `unable to create VM ${newVmid}: config file already exists`);
    if (this.uses.store.has(newVmid)) throw taken();
    this.uses.containers.requireFree(newVmid);
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
    if (request.storage !== undefined) this.uses.storage.requireImages(request.storage);
    if (request.pool !== undefined) this.uses.pools.requireForNewMember(request.pool);
    if (!this.uses.store.reserve(newVmid, 'clone')) throw taken();
    this.uses.looks.add(newVmid);
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
            await this.uses.creation.takeBack(newVmid, made);
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
    const drives = drivesOf(config.values);
    const volumes = drives.flatMap(({ drive }) =>
      isCdrom(drive) ? [] : (this.uses.disks.volumeOf(drive) ?? []),
    );
    return [...new Set(volumes.map(({ storage }) => storage.id))];
  }

  /** Makes a template of a stopped guest: its disks become base images that linked clones stand on. */
  template(vmid: number): TaskWorker {
    const config = this.uses.store.get(vmid);
    refuseLocked(config);
    if (config.values.get('template') === '1')
      throw new ApiError(500, "you can't convert a template to a template");
    if (this.uses.engine.isRunning(vmid)) {
      throw new ApiError(500, "you can't convert a VM to template if VM is running");
    }
    if (config.snapshots.size > 0)
      throw new ApiError(500, 'unable to create template, because VM contains snapshots');
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

  private async copyOf(
    vmid: number,
    request: CloneRequest,
    made: Volume[],
    log: (line: string) => void,
  ): Promise<OptionValues> {
    const { snapshot } = request;
    const config = this.uses.store.get(vmid);
    const source = snapshot === undefined ? config.values : snapshotOf(config, snapshot);
    const waiting = snapshot === undefined ? [...config.pending.keys(), ...config.pendingDelete] : [];
    if (waiting.length > 0) log(`found pending changes for '${waiting.join(',')}', discarding for clone`);
    const values = new Map(source);
    const live: DiskCopy[] = [];
    for (const [name, value] of [...values]) {
      if (NOT_COPIED.includes(name) || isUnusedDisk(name)) values.delete(name);
      else if (isNic(value)) values.set(name, { ...value, macaddr: randomMac() });
      else if (isDrive(value))
        values.set(name, await this.cloneDrive(request, name, value, { made, live, vmid }, log));
    }
    // All disks of a running guest at one moment, so that they belong together.
    if (live.length > 0) await this.uses.engine.copyRunning(vmid, live, { freeze: hasAgent(source), log });
    values.set('name', request.name ?? `Copy-of-VM-${textOf(values, 'name') ?? vmid}`);
    if (request.description !== undefined) values.set('description', request.description);
    values.set('smbios1', withNewUuid(textOf(values, 'smbios1') ?? ''));
    if ((textOf(values, 'vmgenid') ?? '0') !== '0') values.set('vmgenid', randomUUID());
    return values;
  }

  private async cloneDrive(
    request: CloneRequest,
    slot: string,
    drive: Drive,
    { made, live, vmid }: { readonly made: Volume[]; readonly live: DiskCopy[]; readonly vmid: number },
    log: (line: string) => void,
  ): Promise<Drive> {
    const { images } = this.uses.storage;
    const source = this.uses.disks.volumeOf(drive);
    if (!source) return drive;
    const storage = request.storage === undefined ? source.storage : this.uses.storage.get(request.storage);
    if (isCdrom(drive)) {
      if (!isCloudInit(drive)) return drive;
      const volume = images.cloudInitVolume(storage, request.newVmid, source.format);
      made.push(volume);
      await images.create(volume, CLOUD_INIT_BYTES);
      return { ...drive, file: volume.volid, size: '4M' };
    }
    const mode = request.full ? 'full' : 'linked';
    const format = mode === 'linked' ? 'qcow2' : (request.format ?? (source.format as DiskFormat));
    const taken = new Set(made.map(({ path }) => path));
    const volume = await images.newVolume(storage, request.newVmid, format, taken);
    made.push(volume);
    log(`create ${mode} clone of drive ${slot} (${source.volid})`);
    if (this.uses.engine.isRunning(vmid) && request.snapshot === undefined) {
      await images.prepareClone(source, volume, mode);
      live.push({ slot, path: volume.path, format });
    } else {
      await images.clone(source, volume, mode, request.snapshot);
    }
    const base = source.volid.slice(source.volid.indexOf(':') + 1);
    const name = volume.volid.slice(volume.volid.indexOf(':') + 1);
    return { ...drive, file: mode === 'linked' ? `${storage.id}:${base}/${name}` : volume.volid };
  }
}

/** The same machine, but for its number. */
function withNewUuid(smbios: string): string {
  return printProperties({
    ...parsePropertyString(propertyFormat('smbios'), smbios),
    uuid: randomUUID(),
  }).join(',');
}
