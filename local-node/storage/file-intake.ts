/** How files from outside get into a storage: under a temporary name until they are whole and checked. */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, link, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ApiError, badParameters } from '../base/api-error';
import { checksumOf } from '../base/checksum';
import { CONTENT_DIRECTORY, fileNameFits, safeFileName } from '../formats/volume-id';
import type { TaskContext, TaskWorker } from '../tasks/task-service';
import { fetchToFile } from './download';
import { verifyImportImage } from './image-check';
import type { StorageCatalogue, Volume } from './storage-catalogue';

export type IntakeContent = 'iso' | 'vztmpl' | 'import';

export interface Checksum {
  readonly algorithm: string;
  /** Hexadecimal. */
  readonly value: string;
}

/** A file of a multipart upload, already on disk in a temporary place that is removed after the call. */
export interface UploadedFile {
  readonly path: string;
  readonly fileName: string;
  readonly bytes: number;
}

/** Marks files that are not whole yet. */
const TEMPORARY = /\.tmp_(dwnl|upload)\.[0-9a-f]+$/;

export class FileIntake {
  constructor(
    private readonly storages: StorageCatalogue,
    private readonly nodeName: string,
  ) {}

  /** Removes what an interrupted download or upload left. */
  async start(): Promise<void> {
    for (const storage of this.storages.list()) {
      for (const content of storage.content) {
        const directory = join(storage.path, CONTENT_DIRECTORY[content]);
        for (const name of await readdir(directory)) {
          if (TEMPORARY.test(name)) await rm(join(directory, name), { force: true });
        }
      }
    }
  }

  /**
   * The volume that a new file would be. Throws 400 for a name that does not suit the content, 500 for a storage
   * without that content.
   */
  target(storageId: string, content: IntakeContent, fileName: string, by: 'download' | 'upload'): Volume {
    const storage = this.storages.get(storageId);
    if (!storage.content.includes(content)) {
      throw new ApiError(
        500,
        by === 'download'
          ? `storage '${storageId}' is not configured for content-type '${content}'`
          : `storage '${storageId}' does not support '${content}' content`,
      );
    }
    const name = safeFileName(fileName);
    if (!fileNameFits(content, name) || name.length > 255) {
      throw badParameters({
        filename: content === 'import' ? 'invalid filename or wrong extension' : 'wrong file extension',
      });
    }
    return this.storages.volume(`${storageId}:${content}/${name}`);
  }

  /** Worker of a download task. An existing file is never replaced; the right one is taken as it is. */
  async download(
    target: Volume,
    source: { url: string; verifyCertificates: boolean; checksum?: Checksum },
    task: TaskContext,
  ): Promise<void> {
    task.log(`downloading ${source.url} to ${target.path}`);
    await this.storages.makePlace(target.storage);
    if (await this.storages.exists(target)) {
      if (source.checksum && (await this.matches(target.path, source.checksum))) {
        task.log('calculating checksum of existing file...OK, got correct file already, no need to download');
        return;
      }
      throw new Error(`refusing to override existing file '${target.path}'`);
    }
    const temporary = temporaryName(target.path, 'dwnl');
    try {
      await fetchToFile(source.url, temporary, {
        verifyCertificates: source.verifyCertificates,
        signal: task.signal,
        log: task.log,
        requireSpace: (bytes) => this.storages.requireSpace(target.storage, bytes, `'${target.volid}'`),
      });
      await this.check(temporary, target, source.checksum, task);
      // link() fails where a second download of the same name was quicker; rename() would replace its file.
      await link(temporary, target.path).catch((fault: NodeJS.ErrnoException) => {
        throw fault.code === 'EEXIST'
          ? new Error(`refusing to override existing file '${target.path}'`)
          : fault;
      });
      await syncDirectory(dirname(target.path));
    } catch (fault) {
      const { message } = fault as Error;
      throw target.content === 'import' && message.startsWith('qemu-img')
        ? new Error(`failed to verify file: ${message}`, { cause: fault })
        : fault;
    } finally {
      await rm(temporary, { force: true });
    }
    task.log(`download of '${source.url}' to '${target.path}' finished`);
  }

  /**
   * Takes an uploaded file out of its temporary place and returns the worker of the task that checks and names it.
   * An existing file of that name is replaced, as in Proxmox VE.
   */
  async upload(target: Volume, file: UploadedFile, checksum: Checksum | undefined): Promise<TaskWorker> {
    const temporary = temporaryName(target.path, 'upload');
    await this.storages.makePlace(target.storage);
    const taken = await rename(file.path, temporary).then(
      () => true,
      (fault: NodeJS.ErrnoException) => {
        if (fault.code === 'EXDEV') return false;
        throw fault;
      },
    );
    if (!taken) await this.copyFromElsewhere(file, temporary, target);
    return async (task) => {
      try {
        task.log(`starting file import from: ${temporary}`);
        await this.check(temporary, target, checksum, task);
        task.log(`target node: ${this.nodeName}`);
        task.log(`target file: ${target.path}`);
        task.log(`file size is: ${file.bytes}`);
        const handle = await open(temporary, 'r+');
        await handle.sync().finally(() => handle.close());
        await rename(temporary, target.path);
        await syncDirectory(dirname(target.path));
        task.log('finished file import successfully');
      } finally {
        await rm(temporary, { force: true });
      }
    };
  }

  /** For a storage on another file system than the place where uploads arrive. */
  private async copyFromElsewhere(file: UploadedFile, path: string, target: Volume): Promise<void> {
    await this.storages.requireSpace(target.storage, file.bytes, `'${target.volid}'`);
    try {
      await copyFile(file.path, path, constants.COPYFILE_EXCL);
    } catch (fault) {
      await rm(path, { force: true });
      throw fault;
    }
  }

  private async check(
    path: string,
    target: Volume,
    checksum: Checksum | undefined,
    task: TaskContext,
  ): Promise<void> {
    if (checksum) {
      const got = await checksumOf(path, checksum.algorithm);
      if (got !== checksum.value.toLowerCase()) {
        task.log('calculating checksum...');
        throw new Error(`checksum mismatch: got '${got}' != expect '${checksum.value}'`);
      }
      task.log('calculating checksum...OK, checksum verified');
    }
    if (target.content === 'import') await verifyImportImage(path, target.path);
  }

  private async matches(path: string, checksum: Checksum): Promise<boolean> {
    return (await checksumOf(path, checksum.algorithm)) === checksum.value.toLowerCase();
  }
}

function temporaryName(path: string, by: 'dwnl' | 'upload'): string {
  return `${path}.tmp_${by}.${randomBytes(6).toString('hex')}`;
}

/** A new name is only safe from a crash when its directory is on the disk too. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  await directory.sync().finally(() => directory.close());
}
