/** The directories that hold containers' root file systems, on storages that may. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rmdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ApiError, badParameters } from '../../base/api-error';
import type { ContainerEngine } from '../../engine/container-engine';
import type { StorageDefinition } from '../../formats/storage-config';
import { absent, type Volume } from '../../storage/storage-catalogue';
import type { StorageService } from '../../storage/storage-service';

/** A root file system that a request asks for. */
export interface WantedRoot {
  readonly storage: StorageDefinition;
  readonly bytes: number;
}

/** Of one that names no size. */
const DEFAULT_BYTES = 4 * 1024 ** 3;

export class ContainerVolumes {
  constructor(
    private readonly storage: StorageService,
    private readonly engine: ContainerEngine,
  ) {}

  /** `storage:size` of a request, or the storage alone. Throws ApiError. */
  wanted(volume: string | undefined, storageId: string): WantedRoot {
    if (volume === undefined) return { storage: this.place(storageId), bytes: DEFAULT_BYTES };
    const [, id, gibibytes] = /^([a-zA-Z][\w.-]*[a-zA-Z0-9]):(\d+(?:\.\d+)?)$/.exec(volume) ?? [];
    if (id !== undefined)
      return { storage: this.place(id), bytes: Math.round(Number(gibibytes) * 1024 ** 3) };
    if (/^[\w.-]+:.+/.test(volume))
      throw new ApiError(501, 'the local node takes no volume that exists as rootfs');
    throw new ApiError(500, `unable to parse volume ID '${volume}'`);
  }

  /** Throws unless containers may lie on the storage. */
  place(storageId: string): StorageDefinition {
    const storage = this.storage.get(storageId);
    if (!storage.content.includes('rootdir')) {
      throw badParameters({ storage: `storage '${storageId}' does not support container directories` });
    }
    return storage;
  }

  /** The volume of a configuration. Throws if it is none. */
  of(volid: string): Volume {
    return this.storage.volume(volid);
  }

  /** A name that no volume of the container has yet. */
  async next(storage: StorageDefinition, vmid: number): Promise<Volume> {
    const names = (await readdir(join(storage.path, 'images', String(vmid))).catch(absent)) ?? [];
    let index = 0;
    while (names.some((name) => name.includes(`-disk-${index}.`))) index += 1;
    const volume = this.of(`${storage.id}:${vmid}/subvol-${vmid}-disk-${index}.subvol`);
    await mkdir(dirname(volume.path), { recursive: true });
    return volume;
  }

  exists({ path }: Volume): boolean {
    return existsSync(path);
  }

  /** Renames subvol-N-disk-M to basevol-N-disk-M, the name of a template's. */
  async makeBase(volume: Volume): Promise<Volume> {
    const base = this.of(volume.volid.replace('/subvol-', '/basevol-'));
    await rename(volume.path, base.path);
    await this.engine.show(base.path);
    return base;
  }

  /** With the copies of it. */
  async remove({ path }: Volume): Promise<void> {
    const names = (await readdir(dirname(path)).catch(absent)) ?? [];
    for (const name of names.filter((one) => one.startsWith(`${basename(path)}@`)))
      await this.engine.remove(join(dirname(path), name));
    await this.engine.remove(path);
    await rmdir(dirname(path)).catch(() => undefined); // the last one takes the directory along
  }

  /** Where a snapshot's copy of a root file system is. */
  copyOf({ path }: Volume, snapshot: string): string {
    return `${path}@${snapshot}`;
  }

  /** Makes a copy of a root file system, which is whole or absent at any moment. */
  async keep(volume: Volume, snapshot: string): Promise<void> {
    await this.engine.copy(volume.path, `${volume.path}@.new`);
    await rename(`${volume.path}@.new`, this.copyOf(volume, snapshot));
  }

  /** Puts a copy of a snapshot's copy in the place of a root file system. What cut it off before does not matter. */
  async putBack(volume: Volume, snapshot: string): Promise<void> {
    const [made, old] = [`${volume.path}@.new`, `${volume.path}@.old`];
    await this.tidy(volume);
    await this.engine.copy(this.copyOf(volume, snapshot), made);
    if (this.exists(volume)) await rename(volume.path, old);
    await rename(made, volume.path);
    await this.engine.remove(old);
  }

  /** Removes a snapshot's copy, and what was half made. */
  async forget(volume: Volume, snapshot: string): Promise<void> {
    await this.engine.remove(this.copyOf(volume, snapshot));
    await this.tidy(volume);
  }

  private async tidy({ path }: Volume): Promise<void> {
    for (const rest of ['.new', '.old']) await this.engine.remove(`${path}@${rest}`);
  }

  /** Everything that is left of a container on every storage. */
  async removeAll(vmid: number): Promise<void> {
    for (const storage of this.storage.list().filter(({ content }) => content.includes('rootdir'))) {
      const directory = join(storage.path, 'images', String(vmid));
      const names = (await readdir(directory).catch(absent)) ?? [];
      for (const name of names.filter((one) => /\.subvol(@|$)/.test(one)))
        await this.engine.remove(join(directory, name));
      await rmdir(directory).catch(() => undefined);
    }
  }
}
