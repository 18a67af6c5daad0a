/**
 * Disks of guests in a directory storage, images/<vmid>/vm-<vmid>-disk-<n>.<format>.
 *
 * An imported disk is a thin qcow2 layer over the import image, not a copy of it: three guests from one image of 1 GB
 * take three small files and start at once, and share the image in the page cache. The layer's base is a hard link of
 * the import image in the guest's own directory, disk-<n>.base. The file system counts those links, so that the import
 * image may be deleted while guests use it and the data goes with its last user, without a register that a crash could
 * leave wrong. Import images are never written in place: downloads and uploads put a new file under the name.
 */
import { type Stats, statSync } from 'node:fs';
import { link, mkdir, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { DirectoryNames } from '../base/directory-names';
import { fileVersion } from '../base/file-version';
import type { DiskFormat, GuestEngine } from '../engine/guest-engine';
import type { StorageDefinition } from '../formats/storage-config';
import { verifyImportImage } from './image-check';
import { absent, type StorageCatalogue, type Volume, type VolumeRow } from './storage-catalogue';

export interface GuestImagesOptions {
  readonly engine: GuestEngine;
  /** vmids of the guests whose disks stand on this one. */
  readonly linkedClones: (volume: Volume) => readonly number[];
}

/** What was read of a file, as long as that is the same. */
interface KnownRow {
  readonly version: string;
  readonly row: VolumeRow;
}

export class GuestImages {
  private readonly names = new DirectoryNames();
  /** Rows of list() by path. */
  private readonly rows = new Map<string, KnownRow>();

  constructor(
    private readonly storages: StorageCatalogue,
    private readonly options: GuestImagesOptions,
  ) {}

  /** A name that no volume of the guest has yet; reserved by nothing but the caller's lock on the guest. */
  async newVolume(
    storage: StorageDefinition,
    vmid: number,
    format: DiskFormat,
    taken: ReadonlySet<string>,
  ): Promise<Volume> {
    const names = (await readdir(this.directory(storage, vmid)).catch(absent)) ?? [];
    const numbers = [...names, ...taken].map((name) => Number(/-disk-(\d+)\.\w+$/.exec(name)?.[1] ?? -1));
    let index = 0;
    while (numbers.includes(index)) index += 1;
    return this.storages.volume(`${storage.id}:${vmid}/vm-${vmid}-disk-${index}.${format}`);
  }

  cloudInitVolume(storage: StorageDefinition, vmid: number, format: string): Volume {
    return this.storages.volume(`${storage.id}:${vmid}/vm-${vmid}-cloudinit.${format}`);
  }

  async create(volume: Volume, bytes: number): Promise<void> {
    await this.storages.requireSpace(volume.storage, 0, `disk '${volume.volid}'`);
    await mkdir(dirname(volume.path), { recursive: true });
    await this.options.engine.createDisk(volume.path, formatOf(volume), bytes);
  }

  /** Makes `volume` from an import image: a layer over it where the format allows, else a copy. */
  async import(source: Volume, volume: Volume): Promise<void> {
    await mkdir(dirname(volume.path), { recursive: true });
    if (volume.format === 'qcow2' && (await this.linkBase(source, volume))) {
      await this.storages.requireSpace(volume.storage, 0, `disk '${volume.volid}'`);
      await this.verifyAlone(basePath(volume), source);
      await this.options.engine.cloneDisk(basePath(volume), volume.path, 'qcow2', 'linked');
      return;
    }
    await this.verifyAlone(source.path, source);
    const { usedBytes } = await this.options.engine.diskInfo(source.path);
    await this.storages.requireSpace(volume.storage, usedBytes, `a copy of '${source.volid}'`);
    await this.options.engine.importDisk(source.path, volume.path, formatOf(volume));
  }

  /** full: an independent copy of a disk, or of what it was at a snapshot. linked: a layer over a template's disk. */
  async clone(source: Volume, volume: Volume, mode: 'full' | 'linked', snapshot?: string): Promise<void> {
    await this.prepareClone(source, volume, mode);
    await this.options.engine.cloneDisk(source.path, volume.path, formatOf(volume), mode, snapshot);
  }

  /** The place for a clone, if there is room. */
  async prepareClone(source: Volume, volume: Volume, mode: 'full' | 'linked'): Promise<void> {
    await mkdir(dirname(volume.path), { recursive: true });
    const { usedBytes, backingFile } = await this.options.engine.diskInfo(source.path);
    const base = backingFile === undefined ? undefined : await stat(backingFile).catch(absent);
    const bytes = mode === 'linked' ? 0 : usedBytes + (base ? base.blocks * 512 : 0);
    await this.storages.requireSpace(volume.storage, bytes, `a clone of '${source.volid}'`);
  }

  /** Renames vm-N-disk-M to base-N-disk-M, the name of a template's disk. */
  async makeBase(volume: Volume): Promise<Volume> {
    const base = this.storages.volume(volume.volid.replace('/vm-', '/base-'));
    await rename(volume.path, base.path);
    return base;
  }

  /** Removes a disk and its link to the import image. Throws if linked clones need it. */
  async remove(volume: Volume, log: (line: string) => void): Promise<void> {
    const users = this.options.linkedClones(volume);
    if (users.length > 0) {
      throw new Error(`base volume '${volume.volid}' is still in use by linked clones: ${users.join(', ')}`);
    }
    if (!(await this.storages.exists(volume))) log(`disk image '${volume.path}' does not exist`);
    await rm(volume.path, { force: true });
    if (/-disk-\d+\./.test(volume.path)) await rm(basePath(volume), { force: true });
    await rmdir(dirname(volume.path)).catch(() => undefined); // the last one takes the directory along
  }

  /** All disks that bear the guest's number, on every storage; first those that linked clones may stand on. */
  async volumesOf(vmid: number): Promise<Volume[]> {
    const found: Volume[] = [];
    for (const storage of this.storages.list().filter(({ content }) => content.includes('images'))) {
      for (const name of (await readdir(this.directory(storage, vmid)).catch(absent)) ?? []) {
        try {
          found.push(this.storages.volume(`${storage.id}:${vmid}/${name}`));
        } catch {} // a file that is no volume
      }
    }
    return found.sort((a, b) => Number(b.volid.includes('/base-')) - Number(a.volid.includes('/base-')));
  }

  /** Removes everything that is left of a guest on every storage. */
  async removeAll(vmid: number): Promise<void> {
    for (const storage of this.storages.list()) {
      if (storage.content.includes('images')) {
        await rm(this.directory(storage, vmid), { recursive: true, force: true });
      }
    }
  }

  /** All disks on a storage, or those of one guest. */
  async list(storage: StorageDefinition, vmid?: number): Promise<VolumeRow[]> {
    const root = join(storage.path, 'images');
    const owners = vmid === undefined ? this.names.of(root) : [String(vmid)];
    const found: VolumeRow[] = [];
    const seen = new Map<string, KnownRow>();
    for (const owner of owners) {
      for (const name of this.names.of(join(root, owner))) {
        const path = join(root, owner, name);
        const stats = statSync(path, { throwIfNoEntry: false });
        if (!stats) continue;
        const version = fileVersion(stats);
        const known = this.rows.get(path);
        const row =
          known && known.version === version
            ? known.row
            : await this.row(storage, owner, name, stats).catch(() => undefined);
        if (!row) continue; // no volume, or one that cannot be read now
        if (version !== undefined) seen.set(path, { version, row });
        found.push(row);
      }
    }
    if (vmid === undefined) this.forgetRows(root);
    for (const [path, known] of seen) this.rows.set(path, known);
    return found;
  }

  private forgetRows(root: string): void {
    for (const path of this.rows.keys()) if (path.startsWith(`${root}/`)) this.rows.delete(path);
  }

  private async row(
    storage: StorageDefinition,
    owner: string,
    name: string,
    { ctimeMs }: Stats,
  ): Promise<VolumeRow> {
    const volume = this.storages.volume(`${storage.id}:${owner}/${name}`);
    const info = await this.options.engine.diskInfo(volume.path);
    const template = info.backingFile && relative(join(storage.path, 'images'), info.backingFile);
    const parent = template && /^\d+\/base-/.test(template) ? template : null;
    return {
      volid: parent ? `${storage.id}:${parent}/${owner}/${name}` : volume.volid,
      content: 'images',
      format: volume.format,
      vmid: volume.vmid,
      size: info.virtualBytes,
      used: info.usedBytes,
      ctime: Math.floor(ctimeMs / 1000),
      parent: parent && `../${parent}`,
    };
  }

  /**
   * Once more, by the engine's own reading too: the file may have come by SFTP, or before the check was what it is. A
   * layer's base is looked at under its own name, which nobody can put another file under.
   */
  private async verifyAlone(path: string, source: Volume): Promise<void> {
    await verifyImportImage(path, source.path);
    const { backingFile, dataFile } = await this.options.engine.diskInfo(path);
    const further = backingFile ?? dataFile;
    if (further !== undefined) throw new Error(`'${source.volid}' refers to another file, '${further}'`);
  }

  /** False where the image lies on another file system, so that it must be copied. */
  private async linkBase(source: Volume, volume: Volume): Promise<boolean> {
    const base = basePath(volume);
    await rm(base, { force: true }); // of an attempt that a crash cut off
    try {
      await link(source.path, base);
      return true;
    } catch (fault) {
      if (['EXDEV', 'EPERM', 'EMLINK'].includes((fault as NodeJS.ErrnoException).code ?? '')) return false;
      throw fault;
    }
  }

  private directory(storage: StorageDefinition, vmid: number): string {
    return join(storage.path, 'images', String(vmid));
  }
}

/** vm-100-disk-0.qcow2 and base-100-disk-0.qcow2 both stand on disk-0.base. */
function basePath(volume: Volume): string {
  const index = /-disk-(\d+)\.\w+$/.exec(volume.path)?.[1];
  if (index === undefined) throw new Error(`'${volume.volid}' is no numbered disk`);
  return join(dirname(volume.path), `disk-${index}.base`);
}

function formatOf(volume: Volume): DiskFormat {
  return volume.format === 'qcow2' ? 'qcow2' : 'raw';
}
