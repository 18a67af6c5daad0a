/** From the drives that a request names to volumes that exist. */
import { ApiError, badParameters } from '../base/api-error';
import { CLOUD_INIT_BYTES, type DiskFormat, type GuestEngine } from '../engine/guest-engine';
import { type Drive, isCloudInit, newVolumeOf, parseSize, printSize } from '../formats/drive';
import { drivesOf } from '../formats/option-values';
import type { Volume } from '../storage/storage-catalogue';
import type { StorageService } from '../storage/storage-service';
import type { GuestLocks } from './guest-lock';
import type { GuestStore } from './guest-store';

/** Seconds that an import waits for the guest whose disk it reads, as on Proxmox VE. */
const SOURCE_WAIT = 30;

interface GuestDisksUses {
  readonly store: GuestStore;
  readonly locks: GuestLocks;
  readonly engine: GuestEngine;
  readonly storage: StorageService;
}

export class GuestDisks {
  constructor(private readonly uses: GuestDisksUses) {}

  /** What can be said against a drive before anything is made. Throws ApiError. */
  check(slot: string, drive: Drive): void {
    const wanted = newVolumeOf(drive);
    if (wanted) this.uses.storage.requireImages(wanted.storage);
    const source = drive['import-from'];
    if (source !== undefined) {
      if (wanted?.kind !== 'disk' || wanted.bytes !== 0) {
        throw badParameters({
          [slot]: `'import-from' requires special syntax - use <storage ID>:0,import-from=<source>`,
        });
      }
      const { content, volid } = this.uses.storage.volume(String(source));
      if (content !== 'images' && content !== 'import') {
        throw badParameters({
          [slot]: `${volid} has wrong type '${content}' - needs to be 'images' or 'import'`,
        });
      }
    } else if (!wanted && !isEmpty(drive)) {
      const { content } = this.uses.storage.volume(drive.file);
      if (drive.media !== 'cdrom' && content !== 'images') {
        throw badParameters({ [slot]: `'${drive.file}' is no disk image; import it with import-from` });
      }
    }
    const format = drive.format;
    if (wanted && format !== undefined && format !== 'raw' && format !== 'qcow2') {
      throw badParameters({
        [slot]: `format '${format}' is not supported by the local node, use raw or qcow2`,
      });
    }
  }

  /**
   * Makes what the drive asks for and returns the drive as the configuration keeps it. `made` takes each new volume,
   * so that the caller can remove them if a later step fails.
   */
  async materialize(
    vmid: number,
    slot: string,
    request: Drive,
    made: Volume[],
    log: (line: string) => void,
  ): Promise<Drive> {
    const { 'import-from': source, size: asked, ...drive } = request;
    const wanted = newVolumeOf(drive);
    if (wanted?.kind === 'cloudinit') {
      const storage = this.uses.storage.get(wanted.storage);
      const format = String(drive.format ?? 'qcow2');
      const volume = this.uses.storage.images.cloudInitVolume(storage, vmid, format);
      made.push(volume);
      // Filled at the next start, when all that belongs on it is known.
      await this.uses.storage.images.create(volume, CLOUD_INIT_BYTES);
      log(`${slot}: successfully created disk '${volume.volid},media=cdrom'`);
      return { file: volume.volid, media: 'cdrom' };
    }
    if (wanted) {
      const volume = await this.make(
        vmid,
        wanted,
        drive,
        source === undefined ? undefined : String(source),
        made,
        log,
      );
      // What a disk was imported from has its own size; the request's is for the resize that follows.
      const bytes =
        source === undefined ? wanted.bytes : (await this.uses.engine.diskInfo(volume.path)).virtualBytes;
      // The volume's name tells its format.
      return { ...drive, file: volume.volid, format: undefined, size: printSize(bytes) };
    }
    if (isEmpty(drive)) return drive;
    const volume = this.uses.storage.volume(drive.file);
    if (isCloudInit(drive)) return { ...drive, size: asked };
    if (!(await this.uses.storage.exists(volume))) throw new Error(`volume '${drive.file}' does not exist`);
    const info = await this.uses.storage.info(volume);
    return { ...drive, size: printSize(info.size) };
  }

  /** The volume of a drive; undefined for an empty CD-ROM. */
  volumeOf(drive: Drive): Volume | undefined {
    return isEmpty(drive) ? undefined : this.uses.storage.volume(drive.file);
  }

  /** Makes the drive larger and returns it with its new size. `size` is a size, or "+" and what to add. */
  async resize(vmid: number, slot: string, drive: Drive, size: string): Promise<Drive> {
    const volume = this.volumeOf(drive);
    if (!volume || drive.media === 'cdrom') throw new Error("you can't resize a cdrom");
    const { virtualBytes } = await this.uses.engine.diskInfo(volume.path);
    const bytes = size.startsWith('+') ? virtualBytes + parseSize(size.slice(1)) : parseSize(size);
    if (bytes < virtualBytes) throw new Error('shrinking disks is not supported');
    if (bytes > virtualBytes) await this.uses.engine.resizeDisk(vmid, slot, volume.path, bytes);
    return { ...drive, size: printSize(bytes) };
  }

  /** vmids of the guests whose disks stand on a template's disk. */
  linkedClonesOf(base: Volume): number[] {
    if (!/\/base-/.test(base.volid)) return [];
    const clones = [...this.uses.store.readable()].filter(([, config]) =>
      drivesOf(config.values).some(({ drive }) => {
        const volume = this.volumeOf(drive);
        return volume?.base === base.relativePath && volume.storage.id === base.storage.id;
      }),
    );
    // Of a guest that cannot be read, a mention is enough: its disk would be lost with the base.
    const suspects = [...this.uses.store.broken()].filter(([vmid]) =>
      this.uses.store.mentions(vmid, `${base.volid}/`),
    );
    return [...clones, ...suspects].map(([vmid]) => vmid);
  }

  private async make(
    vmid: number,
    wanted: { readonly storage: string; readonly bytes: number },
    drive: Drive,
    sourceId: string | undefined,
    made: Volume[],
    log: (line: string) => void,
  ): Promise<Volume> {
    const { images } = this.uses.storage;
    const storage = this.uses.storage.get(wanted.storage);
    const taken = new Set(made.map(({ path }) => path));
    const asked = drive.format as DiskFormat | undefined;
    const volume = await images.newVolume(storage, vmid, asked ?? (sourceId ? 'qcow2' : 'raw'), taken);
    made.push(volume);
    if (sourceId === undefined) {
      await images.create(volume, wanted.bytes);
      return volume;
    }
    const source = this.uses.storage.volume(sourceId);
    if (!(await this.uses.storage.exists(source))) throw new Error(`failed to stat '${source.path}'`);
    log(`create full clone of drive (${source.volid})`);
    await this.import(vmid, source, volume, log);
    log(`allocated target volume '${volume.volid}'`);
    return volume;
  }

  /** A disk of a running guest is read through its QEMU, which holds it; all else is read as a file. */
  private async import(
    vmid: number,
    source: Volume,
    volume: Volume,
    log: (line: string) => void,
  ): Promise<void> {
    const { images } = this.uses.storage;
    if (source.content === 'import') return images.import(source, volume);
    const copy = async () => {
      const owner = source.vmid === undefined ? undefined : this.uses.store.find(source.vmid);
      const used = drivesOf(owner?.values ?? new Map()).find(({ drive }) => drive.file === source.volid);
      if (!used || source.vmid === undefined || !this.uses.engine.isRunning(source.vmid))
        return images.clone(source, volume, 'full');
      await images.prepareClone(source, volume, 'full');
      const format = volume.format as DiskFormat;
      const target = { slot: used.slot, path: volume.path, format };
      await this.uses.engine.copyRunning(source.vmid, [target], { freeze: false, log });
    };
    // Its own lock the caller has.
    if (source.vmid === undefined || source.vmid === vmid) return copy();
    return this.uses.locks.shared(source.vmid, copy, SOURCE_WAIT);
  }
}

function isEmpty(drive: Drive): boolean {
  return drive.file === 'none' || drive.file === 'cdrom';
}

/** The message of a fault, whatever it is. */
export function messageOf(fault: unknown): string {
  return fault instanceof ApiError || fault instanceof Error ? fault.message : String(fault);
}
