/** Which volumes a caller may give to a guest, read from or make, as Proxmox VE decides it. */
import type { AccessService } from '../access/access-service';
import { ApiError } from '../base/api-error';
import type { Caller } from '../base/caller';
import { type Drive, newVolumeOf } from '../formats/drive';
import { driveOf, type OptionValues } from '../formats/option-values';
import type { Volume } from '../storage/storage-catalogue';
import type { StorageService } from '../storage/storage-service';
import type { GuestDisks } from './guest-disks';
import type { GuestStore } from './guest-store';

interface VolumeAccessUses {
  readonly access: AccessService;
  readonly storage: StorageService;
  readonly disks: GuestDisks;
  readonly store: GuestStore;
}

export class VolumeAccess {
  constructor(private readonly uses: VolumeAccessUses) {}

  /** All drives and unused disks among the options of a request for the guest. Throws ApiError 403. */
  checkOptions(caller: Caller, vmid: number, options: OptionValues): void {
    for (const name of options.keys()) {
      const drive = driveOf(options, name);
      if (drive) this.checkDrive(caller, vmid, drive);
    }
  }

  /** Whether the caller may make volumes on the storage. Throws ApiError 403. */
  checkAllocate(caller: Caller, storageId: string): void {
    this.uses.access.check(caller, `/storage/${storageId}`, ['Datastore.AllocateSpace']);
  }

  /** Whether the caller may make a disk of the guest larger. Throws ApiError 403. */
  checkResize(caller: Caller, vmid: number, slot: string): void {
    const { values, pending } = this.uses.store.get(vmid);
    const drive = driveOf(values, slot) ?? driveOf(pending, slot);
    const volume = drive && this.uses.disks.volumeOf(drive);
    if (volume) this.checkAllocate(caller, volume.storage.id);
  }

  private checkDrive(caller: Caller, vmid: number, drive: Drive): void {
    const wanted = newVolumeOf(drive);
    const source = drive['import-from'];
    if (source !== undefined) this.checkVolume(caller, vmid, String(source));
    if (wanted) this.checkAllocate(caller, wanted.storage);
    else if (this.uses.disks.volumeOf(drive)) this.checkVolume(caller, vmid, drive.file);
  }

  /** Whether the caller may see the volume. Throws ApiError 403. */
  checkRead(caller: Caller, volid: string): void {
    this.checkVolume(caller, undefined, volid);
  }

  mayRead(caller: Caller, volid: string): boolean {
    try {
      this.checkRead(caller, volid);
      return true;
    } catch (fault) {
      if (fault instanceof ApiError) return false;
      throw fault;
    }
  }

  /** Whether the caller may remove the volume. Throws ApiError 403. */
  checkRemove(caller: Caller, volume: Volume): void {
    const path = `/storage/${volume.storage.id}`;
    if (volume.content === 'backup' && volume.vmid !== undefined) {
      this.uses.access.check(caller, path, ['Datastore.AllocateSpace']);
      this.uses.access.check(caller, `/vms/${volume.vmid}`, ['VM.Backup']);
    } else {
      this.uses.access.check(caller, path, ['Datastore.Allocate']);
    }
  }

  /** Whether the caller may restore the guest from a backup. Throws ApiError. */
  checkBackup(caller: Caller, vmid: number, volid: string): void {
    if (this.uses.storage.volume(volid).content !== 'backup')
      throw new ApiError(500, `unable to use volume ${volid} - content type needs to be 'backup'`);
    this.checkVolume(caller, vmid, volid);
  }

  private checkVolume(caller: Caller, vmid: number | undefined, volid: string): void {
    const { access, storage } = this.uses;
    const volume = storage.volume(volid);
    const path = `/storage/${volume.storage.id}`;
    if (access.has(caller, path, ['Datastore.Allocate'])) return;
    if (['iso', 'vztmpl', 'import'].includes(volume.content)) {
      access.check(caller, path, ['Datastore.AllocateSpace', 'Datastore.Audit']);
    } else if (volume.vmid !== undefined && volume.vmid === vmid) {
      return;
    } else if (volume.content === 'backup' && volume.vmid !== undefined) {
      access.check(caller, path, ['Datastore.AllocateSpace']);
      access.check(caller, `/vms/${volume.vmid}`, ['VM.Backup']);
    } else if (volume.content === 'images' && volume.vmid !== undefined) {
      access.check(caller, path, ['Datastore.Audit']);
      access.check(caller, `/vms/${volume.vmid}`, ['VM.Config.Disk']);
    } else {
      throw new ApiError(403, `missing privileges to access ${volid}`);
    }
  }
}
