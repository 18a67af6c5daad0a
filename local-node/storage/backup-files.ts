/**
 * Backups in the storages' dump directories, with what lies beside each: NAME.notes holds its notes, NAME.protected
 * says that it may not be removed. One that is being written is NAME.dat, with its working files in STEM.tmp; neither
 * passes for a backup.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { writeWholeFile } from '../../machine/whole-file';
import { ApiError } from '../base/api-error';
import type { ContainerEngine } from '../engine/container-engine';
import { parseBackupName } from '../formats/backup-name';
import { type Mark, pruneMarks } from '../formats/retention';
import type { PropertyValues } from '../formats/schema';
import type { StorageDefinition } from '../formats/storage-config';
import { backupKind, CONTENT_DIRECTORY } from '../formats/volume-id';
import type { StorageCatalogue, Volume } from './storage-catalogue';

/** Suffixes of what is under way. */
export const UNFINISHED = '.dat';
export const WORKING = '.tmp';
const LEFT_OVER = /^vzdump-.*\.(dat|tmp)$/;

export interface Backup {
  readonly volume: Volume;
  /** lxc, qemu, or unknown. */
  readonly kind: string;
  readonly vmid: number | undefined;
  /** When it began, by its name; else when its file was changed. Seconds since the epoch. */
  readonly ctime: number;
  /** Does its name say when it began? */
  readonly named: boolean;
  readonly size: number;
  readonly notes: string | undefined;
  readonly protected: boolean;
}

export interface PruneRow {
  readonly volid: string;
  readonly type: string;
  readonly vmid: number | undefined;
  readonly ctime: number;
  readonly mark: Mark;
}

export class BackupFiles {
  constructor(
    private readonly storages: StorageCatalogue,
    private readonly options: { readonly containerEngine: Pick<ContainerEngine, 'remove'> },
  ) {}

  /** Removes what a crash left half written. */
  async start(): Promise<void> {
    for (const storage of this.storages.list().filter(({ content }) => content.includes('backup'))) {
      const directory = this.directory(storage);
      for (const name of await readdir(directory)) {
        // Working files of containers belong to the containers' users.
        if (LEFT_OVER.test(name)) await this.options.containerEngine.remove(join(directory, name));
      }
    }
  }

  directory(storage: StorageDefinition): string {
    return join(storage.path, CONTENT_DIRECTORY.backup);
  }

  /** What is known of one; undefined if there is no such file. */
  describe(volume: Volume): Backup | undefined {
    const file = statSync(volume.path, { throwIfNoEntry: false });
    if (!file?.isFile()) return undefined;
    const name = basename(volume.path);
    const known = parseBackupName(name);
    return {
      volume,
      kind: known?.kind ?? backupKind(name),
      vmid: volume.vmid,
      ctime: known?.ctime ?? Math.floor(file.ctimeMs / 1000),
      named: known !== undefined,
      size: file.size,
      notes: notesOf(volume),
      protected: existsSync(`${volume.path}.protected`),
    };
  }

  /** All backups on a storage, or those of one guest, by name. */
  async list(storage: StorageDefinition, vmid?: number): Promise<Backup[]> {
    const directory = this.directory(storage);
    await mkdir(directory, { recursive: true });
    const names = (await readdir(directory)).sort();
    const backups = names.flatMap((name) => {
      try {
        return this.describe(this.storages.volume(`${storage.id}:backup/${name}`)) ?? [];
      } catch (fault) {
        if (fault instanceof ApiError) return []; // a file that is no volume
        throw fault;
      }
    });
    return backups.filter((backup) => vmid === undefined || backup.vmid === vmid);
  }

  async setNotes(volume: Volume, notes: string): Promise<void> {
    const path = `${volume.path}.notes`;
    if (notes === '') await rm(path, { force: true });
    else await writeWholeFile(path, notes, { mode: 0o600 });
  }

  async setProtected(volume: Volume, value: boolean): Promise<void> {
    const path = `${volume.path}.protected`;
    if (value) await writeFile(path, '');
    else await rm(path, { force: true });
  }

  /** Removes a backup and what lies beside it. Throws if it is protected. */
  async remove(volume: Volume): Promise<void> {
    if (existsSync(`${volume.path}.protected`)) {
      const name = volume.volid.slice(volume.volid.indexOf(':') + 1);
      throw new Error(`cannot remove protected volume '${name}' on '${volume.storage.id}'`);
    }
    for (const path of [volume.path, `${volume.path}.notes`]) await rm(path, { force: true });
  }

  /** What a retention makes of the backups of each guest on a storage, by the time of each. */
  async marks(
    storage: StorageDefinition,
    retention: PropertyValues,
    only: { readonly vmid?: number | undefined; readonly type?: string | undefined } = {},
  ): Promise<PruneRow[]> {
    const groups = new Map<string, Backup[]>();
    for (const backup of await this.list(storage, only.vmid)) {
      if (only.type !== undefined && backup.kind !== only.type) continue;
      const group = `${backup.kind}/${backup.vmid}`;
      groups.set(group, [...(groups.get(group) ?? []), backup]);
    }
    const rows = [...groups.values()].flatMap((group) => {
      const marks = pruneMarks(
        group.map((one) => ({ protected: one.protected, ctime: one.named ? one.ctime : undefined })),
        retention,
      );
      return group.map(({ volume, kind, vmid, ctime }, index) => {
        return { volid: volume.volid, type: kind, vmid, ctime, mark: marks[index] ?? 'keep' };
      });
    });
    return rows.sort((a, b) => a.ctime - b.ctime);
  }

  /** Removes the backups that a retention lets go; returns how many. */
  async prune(
    storage: StorageDefinition,
    retention: PropertyValues,
    only: { readonly vmid?: number | undefined; readonly type?: string | undefined },
    log: (line: string) => void,
  ): Promise<number> {
    const gone = (await this.marks(storage, retention, only)).filter(({ mark }) => mark === 'remove');
    for (const { volid } of gone) {
      log(`removing backup '${volid}'`);
      await this.remove(this.storages.volume(volid));
    }
    return gone.length;
  }
}

function notesOf({ path }: Volume): string | undefined {
  try {
    return readFileSync(`${path}.notes`, 'utf8').trimEnd();
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw fault;
  }
}
