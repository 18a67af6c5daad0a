import { randomBytes } from 'node:crypto';
import { constants as fs, type Stats } from 'node:fs';
import { type FileHandle, lstat, open, realpath, rename, rm } from 'node:fs/promises';
import { basename, dirname, relative, sep } from 'node:path';
import { writeAll } from '../../machine/whole-file';
import { countWrites, type RequireSpace } from '../base/space-guard';

/** More than this in one read is answered with less, as the protocol allows. */
const LONGEST_READ = 256 * 1024;

/** The files that clients may open. */
export interface SftpDisk {
  /** The directory that is shown. */
  readonly root: string;
  /** Further ones, under their own paths. */
  readonly more?: readonly string[];
  /** Its path as clients have it. */
  readonly shown: string;
  /** Throws unless so many bytes more have room there. */
  readonly requireSpace: RequireSpace;
}

/**
 * A file that a client has open. What guests' disks stand on is never changed in place: an import image is written
 * beside its place, and takes it when it is closed.
 */
export class SftpFile {
  private readonly wrote: RequireSpace;
  private failed = false;

  private constructor(
    private readonly file: FileHandle,
    private readonly path: string,
    requireSpace: RequireSpace,
    /** Where it is until it is closed, if that is another place. */
    private readonly partial?: string,
  ) {
    this.wrote = countWrites(requireSpace);
  }

  /** `flags` and `mode` as of open(2). */
  static async open(path: string, flags: number, mode: number, disk: SftpDisk): Promise<SftpFile> {
    if ((flags & fs.O_CREAT) !== 0) await disk.requireSpace(0);
    const changes = (flags & (fs.O_WRONLY | fs.O_RDWR | fs.O_TRUNC)) !== 0;
    if (changes && (await isReplacedAsWhole(path, flags, disk.root))) {
      // The storages remove such files at the next start, where a crash left them.
      const partial = `${path}.tmp_upload.${randomBytes(6).toString('hex')}`;
      const file = await open(partial, flags | fs.O_CREAT | fs.O_EXCL, mode);
      return new SftpFile(file, path, disk.requireSpace, partial);
    }
    // Where the last part is a link, the caller has looked where it leads; it must not be swapped for another since.
    return new SftpFile(await open(path, flags | fs.O_NOFOLLOW, mode), path, disk.requireSpace);
  }

  stat(): Promise<Stats> {
    return this.file.stat();
  }

  async read(offset: number, length: number): Promise<Buffer> {
    const buffer = Buffer.alloc(Math.min(length, LONGEST_READ));
    const { bytesRead } = await this.file.read(buffer, 0, buffer.length, offset);
    return buffer.subarray(0, bytesRead);
  }

  async write(offset: number, data: Buffer): Promise<void> {
    try {
      await this.requireAlone();
      await this.wrote(data.length);
      await writeAll(this.file, data, offset);
    } catch (fault) {
      this.failed = true;
      throw fault;
    }
  }

  async truncate(bytes: number): Promise<void> {
    await this.requireAlone();
    await this.file.truncate(bytes);
  }

  async setMode(mode: number): Promise<void> {
    await this.file.chmod(mode & 0o777);
  }

  /** Seconds since the epoch. */
  async setTimes(accessed: number, modified: number): Promise<void> {
    await this.file.utimes(accessed, modified);
  }

  /** As the client wishes: the file takes its place. Throws if not all of it could be written. */
  async close(): Promise<void> {
    const { partial } = this;
    if (partial === undefined) return this.file.close();
    try {
      if (this.failed) throw failure('EIO', `${this.path} is as it was: not all of it could be written`);
      await this.file.sync();
      await rename(partial, this.path);
    } finally {
      await this.abandon();
    }
  }

  /** Without the client's wish, as when it has gone. */
  async abandon(): Promise<void> {
    await this.file.close();
    if (this.partial !== undefined) await rm(this.partial, { force: true });
  }

  /** An import image that guests use has a second link in the directory of each, maybe since it was opened. */
  private async requireAlone(): Promise<void> {
    if ((await this.file.stat()).nlink > 1) throw inUse(this.path);
  }
}

/** Throws if the path is what a guest's disk stands on, by the disk's own name for it. */
export function refuseBase(path: string): void {
  if (/^disk-\d+\.base$/.test(basename(path))) throw inUse(path);
}

/** Throws if the file must not be changed in this way. */
async function isReplacedAsWhole(path: string, flags: number, root: string): Promise<boolean> {
  refuseBase(path);
  const stats = await lstat(path).catch((fault: NodeJS.ErrnoException) => {
    if (fault.code !== 'ENOENT') throw fault;
  });
  const isImport = relative(await realpath(root), dirname(path))
    .split(sep)
    .includes('import');
  if (stats ? !stats.isFile() || (stats.nlink === 1 && !isImport) : !isImport) return false;
  // open() says so better where there is something to be refused.
  if (stats ? (flags & fs.O_EXCL) !== 0 : (flags & fs.O_CREAT) === 0) return false;
  if (stats && (flags & fs.O_TRUNC) === 0) throw inUse(path);
  return true;
}

function inUse(path: string): NodeJS.ErrnoException {
  return failure('EPERM', `disks of guests may stand on ${path}: it can only be replaced as a whole`);
}

export function failure(code: string, message: string): NodeJS.ErrnoException {
  return Object.assign(new Error(message), { code });
}
