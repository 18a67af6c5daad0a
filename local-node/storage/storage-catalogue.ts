import { existsSync } from 'node:fs';
import { mkdir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { ApiError, badParameters } from '../base/api-error';
import { readGuardedFile, writeGuardedFile } from '../base/guarded-file';
import { storagesDir } from '../base/shown-path';
import {
  formatStorageConfig,
  parseStorageConfig,
  type StorageDefinition,
  storageDigest,
} from '../formats/storage-config';
import { CONTENT_DIRECTORY, parseVolumeName, splitVolumeId, type VolumeName } from '../formats/volume-id';
import { StoragePlaces } from './storage-place';

/** Bytes of the file system under a storage. */
export interface StorageUsage {
  readonly total: number;
  readonly used: number;
  readonly avail: number;
}

/** A volume id with the place it stands for. */
export interface Volume extends VolumeName {
  readonly volid: string;
  readonly storage: StorageDefinition;
  readonly path: string;
}

/** A volume as Proxmox VE lists it. */
export interface VolumeRow {
  readonly volid: string;
  readonly [field: string]: unknown;
}

/** Kept free on every file system, so that logs and configurations can still be written. */
const RESERVE_BYTES = 128 * 1024 * 1024;

/** The storages of the node: their definitions in STATE/etc/pve/storage.cfg, and where their volumes lie. */
export class StorageCatalogue {
  private readonly configFile: string;
  private readonly places: StoragePlaces;
  private definitions: readonly StorageDefinition[] = [];

  constructor(
    private readonly stateDir: string,
    private readonly logger: Logger,
    directories: readonly string[] = [],
  ) {
    this.places = new StoragePlaces(storagesDir(stateDir), directories);
    this.configFile = join(stateDir, 'etc', 'pve', 'storage.cfg');
  }

  /** Reads or makes storage.cfg and the directories. */
  async start(): Promise<void> {
    await mkdir(join(this.stateDir, 'etc', 'pve'), { recursive: true });
    const known = await readGuardedFile(this.configFile, parseStorageConfig, this.logger);
    const read = known ?? [];
    const builtIn = this.builtIn();
    // The built-in storages lie in the state directory, wherever that is now: it may have been moved.
    this.definitions = [
      ...builtIn.map((one) => ({ ...one, ...read.find(({ id }) => id === one.id), path: one.path })),
      ...read.filter(({ id }) => !builtIn.some((one) => one.id === id)),
    ];
    if (!known || storageDigest(known) !== this.digest()) await this.save(this.definitions);
    await this.makePlaces();
  }

  list(): readonly StorageDefinition[] {
    return this.definitions;
  }

  /** Throws 500 "storage 'x' does not exist". */
  get(id: string): StorageDefinition {
    const found = this.definitions.find((storage) => storage.id === id);
    if (!found) throw new ApiError(500, `storage '${id}' does not exist`);
    return found;
  }

  /** Whether the node has it by itself, and not because somebody declared it. */
  isBuiltIn(id: string): boolean {
    return this.builtIn().some((storage) => storage.id === id);
  }

  digest(): string {
    return storageDigest(this.definitions);
  }

  async create(storage: StorageDefinition): Promise<void> {
    if (this.definitions.some(({ id }) => id === storage.id)) {
      throw new ApiError(500, `create storage failed: storage ID '${storage.id}' already defined`);
    }
    await this.places.require(storage.path);
    await this.makePlace(storage);
    await this.save([...this.definitions, storage]);
  }

  async update(id: string, change: Partial<Pick<StorageDefinition, 'content' | 'disabled'>>): Promise<void> {
    const changed = { ...this.get(id), ...change };
    await this.makePlace(changed);
    await this.save(this.definitions.map((storage) => (storage.id === id ? changed : storage)));
  }

  /** Forgets a storage; its files stay where they are. */
  async remove(id: string): Promise<void> {
    if (!this.definitions.some((storage) => storage.id === id)) {
      throw new ApiError(500, `delete storage failed: storage '${id}' does not exist`);
    }
    if (this.isBuiltIn(id)) {
      throw new ApiError(500, `delete storage failed: storage '${id}' belongs to the local node`);
    }
    await this.save(this.definitions.filter((storage) => storage.id !== id));
  }

  async usage(storage: StorageDefinition): Promise<StorageUsage> {
    await this.makePlace(storage);
    const { blocks, bfree, bavail, bsize } = await statfs(storage.path);
    return { total: blocks * bsize, used: (blocks - bfree) * bsize, avail: bavail * bsize };
  }

  /** Throws 500 unless `bytes` more fit on the storage. */
  requireSpace({ id, path }: StorageDefinition, bytes: number, what: string): Promise<void> {
    return this.requireRoom(path, bytes, what, `on storage '${id}' `);
  }

  /** The same for a directory of the node; `place` names it in the error. */
  async requireRoom(path: string, bytes: number, what: string, place = ''): Promise<void> {
    const { bavail, bsize } = await statfs(path);
    const avail = bavail * bsize;
    if (bytes + RESERVE_BYTES <= avail) return;
    throw new ApiError(
      500,
      `not enough space ${place}for ${what}: it needs ${mebibytes(bytes)} MiB and ` +
        `${mebibytes(RESERVE_BYTES)} MiB must stay free, but ${path} has ${mebibytes(avail)} MiB left`,
    );
  }

  /** Where a volume lies. `volid` may lack its storage if `storageId` is given. Throws ApiError. */
  volume(volid: string, storageId?: string): Volume {
    const split =
      splitVolumeId(volid) ?? (storageId === undefined ? undefined : { storage: storageId, name: volid });
    if (!split) throw new ApiError(500, `unable to parse volume ID '${volid}'`);
    if (storageId !== undefined && split.storage !== storageId) {
      throw new ApiError(500, `volume '${volid}' is not on storage '${storageId}'`);
    }
    const storage = this.get(split.storage);
    const name = parseVolumeName(split.name);
    return {
      ...name,
      storage,
      volid: `${split.storage}:${split.name}`,
      path: join(storage.path, name.relativePath),
    };
  }

  async exists(volume: Volume): Promise<boolean> {
    return (await stat(volume.path).catch(absent)) !== undefined;
  }

  /** Throws 400 unless disks of guests may lie on the storage. */
  requireImages(storageId: string): StorageDefinition {
    const storage = this.get(storageId);
    if (!storage.content.includes('images')) {
      throw badParameters({ storage: `storage '${storageId}' does not support vm images` });
    }
    return storage;
  }

  /**
   * Makes the directories that a storage lacks. Proxmox VE does so at each use of a storage, for the directory of a
   * kind goes with the last of its files.
   */
  async makePlace(storage: StorageDefinition): Promise<void> {
    for (const content of storage.content) {
      const directory = join(storage.path, CONTENT_DIRECTORY[content]);
      if (!existsSync(directory)) await mkdir(directory, { recursive: true });
    }
  }

  /** Those of all storages, as Proxmox VE does every 10 s. */
  async makePlaces(): Promise<void> {
    for (const storage of this.definitions) await this.makePlace(storage);
  }

  private async save(definitions: readonly StorageDefinition[]): Promise<void> {
    await writeGuardedFile(this.configFile, formatStorageConfig(definitions));
    this.definitions = definitions;
  }

  private builtIn(): StorageDefinition[] {
    const path = (id: string) => join(storagesDir(this.stateDir), id);
    const disabled = false;
    return [
      {
        id: 'local',
        type: 'dir',
        path: path('local'),
        content: ['vztmpl', 'iso', 'backup', 'snippets', 'import'],
        disabled,
      },
      { id: 'local-lvm', type: 'dir', path: path('local-lvm'), content: ['images', 'rootdir'], disabled },
    ];
  }
}

function mebibytes(bytes: number): number {
  return Math.ceil(bytes / (1024 * 1024));
}

/** Turns "there is no such file" into undefined. */
export function absent(fault: NodeJS.ErrnoException): undefined {
  if (fault.code === 'ENOENT' || fault.code === 'ENOTDIR') return undefined;
  throw fault;
}
