import { statSync } from 'node:fs';
import { readFile, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Logger } from 'pino';
import { ApiError } from '../base/api-error';
import { DirectoryNames } from '../base/directory-names';
import type { ContainerEngine } from '../engine/container-engine';
import type { GuestEngine } from '../engine/guest-engine';
import type { StorageDefinition } from '../formats/storage-config';
import { CONTENT_DIRECTORY, type ContentType } from '../formats/volume-id';
import { BackupFiles } from './backup-files';
import { FileIntake } from './file-intake';
import { GuestImages } from './guest-images';
import { absent, StorageCatalogue, type Volume, type VolumeRow } from './storage-catalogue';

export interface StorageServiceOptions {
  readonly stateDir: string;
  readonly logger: Logger;
  readonly nodeName: string;
  /** Where storages may lie beside the node's own directory. */
  readonly directories?: readonly string[];
  /** Reads and writes images. */
  readonly engine: GuestEngine;
  /** Removes root file systems of containers, whose files are not the node's own. */
  readonly containerEngine: Pick<ContainerEngine, 'remove' | 'tidyTemplates'>;
  /** vmids of the guests whose disks stand on this one. */
  readonly linkedClones: (volume: Volume) => readonly number[];
}

interface FileRow extends VolumeRow {
  readonly content: ContentType;
  readonly format: string;
  readonly size: number;
  /** Seconds since the epoch. */
  readonly ctime: number;
}

/** A volume's file as Proxmox VE describes it; bytes. */
interface VolumeInfo {
  readonly path: string;
  readonly size: number;
  readonly used: number;
  readonly format: string | undefined;
  /** Of a backup. */
  readonly notes?: string;
  readonly protected?: 0 | 1;
}

/** The storages of the node and the volumes in their directories. */
export class StorageService extends StorageCatalogue {
  /** Disks of guests. */
  readonly images: GuestImages;
  /** Downloads and uploads. */
  readonly intake: FileIntake;
  readonly backups: BackupFiles;
  private readonly names = new DirectoryNames();

  constructor(private readonly options: StorageServiceOptions) {
    super(options.stateDir, options.logger, options.directories);
    this.images = new GuestImages(this, options);
    this.intake = new FileIntake(this, options.nodeName);
    this.backups = new BackupFiles(this, options);
  }

  /** Reads or makes storage.cfg and the directories, and removes what a crash left half written. */
  override async start(): Promise<void> {
    await super.start();
    await this.intake.start();
    await this.backups.start();
  }

  /** The text of a snippet. Throws "volume '...' does not exist". */
  async readSnippet(volid: string): Promise<string> {
    const volume = this.volume(volid);
    const text = await readFile(volume.path, 'utf8').catch(absent);
    if (text === undefined) throw new ApiError(500, `volume '${volid}' does not exist`);
    return text;
  }

  /** Volumes of a storage, each as Proxmox VE lists it. */
  async content(
    storageId: string,
    filter: { content?: ContentType | undefined; vmid?: number | undefined },
  ): Promise<VolumeRow[]> {
    const storage = this.get(storageId);
    await this.makePlace(storage);
    const kinds = storage.content.filter((kind) => filter.content === undefined || kind === filter.content);
    const found: VolumeRow[] = [];
    for (const kind of kinds) {
      if (kind === 'rootdir') found.push(...this.roots(storage, filter.vmid));
      else if (kind === 'images') found.push(...(await this.images.list(storage, filter.vmid)));
      else if (kind === 'backup') found.push(...(await this.backupRows(storage, filter.vmid)));
      else if (filter.vmid === undefined) found.push(...this.files(storage, kind));
    }
    return found;
  }

  /** Size, bytes on disk and format of one volume. Throws 500 if it cannot be read. */
  async info(volume: Volume): Promise<VolumeInfo> {
    const { path } = volume;
    const file = await stat(path).catch(absent);
    if (!file) throw new ApiError(500, `volume_size_info on '${volume.volid}' failed - no format`);
    const used = file.blocks * 512;
    if (volume.content === 'images' || volume.content === 'import') {
      const image = await this.options.engine.diskInfo(path);
      return { path, size: image.virtualBytes, used: image.usedBytes, format: volume.format };
    }
    // Proxmox VE looks at an ISO file as at a raw disk, in sectors of 512 bytes.
    const info = { path, size: Math.ceil(file.size / 512) * 512, used, format: 'raw' };
    const backup = volume.content === 'backup' ? this.backups.describe(volume) : undefined;
    return backup ? { ...info, notes: backup.notes ?? '', protected: backup.protected ? 1 : 0 } : info;
  }

  /** Removes a volume. One that is absent is no error, as in Proxmox VE. */
  async free(volume: Volume, log: (line: string) => void): Promise<void> {
    if (volume.content === 'images') {
      await this.images.remove(volume, log);
    } else if (volume.content === 'rootdir') {
      await this.options.containerEngine.remove(volume.path);
      await rmdir(dirname(volume.path)).catch(() => undefined);
    } else {
      if (!(await this.exists(volume))) log(`disk image '${volume.path}' does not exist`);
      if (volume.content === 'backup') await this.backups.remove(volume);
      else await rm(volume.path, { force: true });
      await rmdir(dirname(volume.path)).catch(() => undefined); // the last one takes the directory along
      if (volume.content === 'vztmpl') await this.options.containerEngine.tidyTemplates();
    }
    log(`Removed volume '${volume.volid}'`);
  }

  /** Root file systems of containers: directories, which have no size of their own. */
  private roots(storage: StorageDefinition, vmid: number | undefined): VolumeRow[] {
    const directory = join(storage.path, 'images');
    const owners = vmid === undefined ? this.names.of(directory) : [String(vmid)];
    return owners.flatMap((owner) =>
      this.names
        .of(join(directory, owner))
        .filter((name) => name.endsWith('.subvol'))
        .map((name): VolumeRow => {
          const { volid, format, vmid: of } = this.volume(`${storage.id}:${owner}/${name}`);
          const file = statSync(join(directory, owner, name), { throwIfNoEntry: false });
          const ctime = Math.floor((file?.ctimeMs ?? 0) / 1000);
          return { volid, content: 'rootdir', format, vmid: of, size: 0, ctime, parent: null };
        }),
    );
  }

  private async backupRows(storage: StorageDefinition, vmid: number | undefined): Promise<VolumeRow[]> {
    const backups = await this.backups.list(storage, vmid);
    return backups.map(({ volume, kind, ctime, size, notes, protected: safe }) => ({
      ...{ volid: volume.volid, content: 'backup', format: volume.format, subtype: kind, ctime, size },
      ...(volume.vmid === undefined ? {} : { vmid: volume.vmid }),
      ...(notes === undefined ? {} : { notes }),
      ...(safe ? { protected: 1 } : {}),
    }));
  }

  private files(storage: StorageDefinition, content: ContentType): FileRow[] {
    const directory = join(storage.path, CONTENT_DIRECTORY[content]);
    const found: FileRow[] = [];
    for (const name of this.names.of(directory)) {
      let volume: Volume;
      try {
        volume = this.volume(`${storage.id}:${content}/${name}`);
      } catch {
        continue; // a file that is no volume
      }
      const file = statSync(volume.path, { throwIfNoEntry: false });
      if (!file?.isFile()) continue;
      const { volid, format } = volume;
      found.push({ volid, content, format, size: file.size, ctime: Math.floor(file.ctimeMs / 1000) });
    }
    return found;
  }
}
