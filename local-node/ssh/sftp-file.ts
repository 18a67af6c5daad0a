import { randomBytes } from 'node:crypto';
import { constants as fs } from 'node:fs';
import { type FileHandle, lstat, open, realpath, rename, rm } from 'node:fs/promises';
import { basename, dirname, relative, sep } from 'node:path';
import { type Attributes, utils } from 'ssh2';

const { OPEN_MODE } = utils.sftp;

/** After so much the room on the disk is looked at again. */
const SPACE_CHECK_BYTES = 4 * 1024 * 1024;

/** What writing needs to know. */
export interface SftpDisk {
  /** The only directory that is shown. */
  readonly root: string;
  /** Throws unless so much more fits, and the reserve of free space stays. */
  readonly requireRoom: (directory: string, bytes: number, what: string) => Promise<void>;
}

/** A file that a client of SFTP has open. */
export class SftpFile {
  private unchecked = 0;
  private checkAt = 0;
  private failed = false;

  private constructor(
    readonly handle: FileHandle,
    private readonly path: string,
    private readonly disk: SftpDisk,
    /** Where it is written, until it takes its place when it is closed. */
    private readonly partial?: string,
  ) {}

  /**
   * Opens a path that lies under the root. An import image is never written in place, for disks of guests may stand on
   * it by a link: it is replaced as a whole.
   */
  static async open(path: string, flags: number, mode: number, disk: SftpDisk): Promise<SftpFile> {
    const changes = (flags & (OPEN_MODE.WRITE | OPEN_MODE.TRUNC)) !== 0;
    if (changes) refuseBase(path);
    const file = changes ? await lstat(path).catch(absent) : undefined;
    const shared =
      isUnderImport(path, await realpath(disk.root)) || (file?.isFile() === true && file.nlink > 1);
    // What is neither made nor emptied is refused below; a link is refused by open().
    if (!changes || !shared || (file && !file.isFile())) {
      return new SftpFile(await open(path, openFlags(flags), mode), path, disk);
    }
    if (file && (flags & OPEN_MODE.EXCL) !== 0) throw failure('EEXIST', `${path} exists`);
    if (!file && (flags & OPEN_MODE.CREAT) === 0) throw failure('ENOENT', `${path} does not exist`);
    if (file && (flags & OPEN_MODE.TRUNC) === 0) throw inUse(path);
    // The storages remove such files at the next start, where a crash left them.
    const partial = `${path}.tmp_upload.${randomBytes(6).toString('hex')}`;
    const access = openFlags(flags & ~OPEN_MODE.TRUNC) | fs.O_CREAT | fs.O_EXCL;
    return new SftpFile(await open(partial, access, mode), path, disk, partial);
  }

  async write(data: Buffer, offset: number): Promise<void> {
    try {
      await this.requireUnshared();
      await this.requireRoom(data.length);
      for (let done = 0; done < data.length; ) {
        const { bytesWritten } = await this.handle.write(data, done, data.length - done, offset + done);
        if (bytesWritten === 0) throw failure('ENOSPC', 'nothing was written');
        done += bytesWritten;
      }
    } catch (fault) {
      this.failed = true;
      throw fault;
    }
  }

  async setAttributes(attrs: Partial<Attributes>): Promise<void> {
    if (attrs.size !== undefined) {
      await this.requireUnshared();
      await this.handle.truncate(attrs.size);
    }
    if (attrs.mode !== undefined) await this.handle.chmod(attrs.mode & 0o777);
    if (attrs.mtime !== undefined) await this.handle.utimes(attrs.atime ?? attrs.mtime, attrs.mtime);
  }

  /** At the client's wish: the file takes its place. Throws if not all of it could be written. */
  async close(): Promise<void> {
    const { partial } = this;
    if (partial === undefined) return this.handle.close();
    try {
      if (this.failed) throw failure('EIO', `${this.path} is as it was: not all of it could be written`);
      await this.handle.sync();
      await rename(partial, this.path);
    } finally {
      await this.abandon();
    }
  }

  /** Without the client's wish, as when it has gone. */
  async abandon(): Promise<void> {
    await this.handle.close();
    if (this.partial !== undefined) await rm(this.partial, { force: true });
  }

  /** It may have been opened before a guest's disk came to stand on it. */
  private async requireUnshared(): Promise<void> {
    if ((await this.handle.stat()).nlink > 1) throw inUse(this.path);
  }

  private async requireRoom(bytes: number): Promise<void> {
    this.unchecked += bytes;
    if (this.unchecked < this.checkAt) return;
    await this.disk.requireRoom(dirname(this.path), this.unchecked, `'${basename(this.path)}'`);
    this.unchecked = 0;
    this.checkAt = SPACE_CHECK_BYTES;
  }
}

/** Throws if the path is what a guest's disk stands on. */
export function refuseBase(path: string): void {
  if (/^disk-\d+\.base$/.test(basename(path))) throw inUse(path);
}

function inUse(path: string): NodeJS.ErrnoException {
  return failure(
    'EPERM',
    `${path} is not changed: a guest's disk may stand on it; replace the image as a whole`,
  );
}

function isUnderImport(path: string, root: string): boolean {
  return relative(root, dirname(path)).split(sep).includes('import');
}

export function failure(code: string, message: string): NodeJS.ErrnoException {
  return Object.assign(new Error(message), { code });
}

function absent(fault: NodeJS.ErrnoException): undefined {
  if (fault.code !== 'ENOENT') throw fault;
}

function openFlags(flags: number): number {
  const write = (flags & OPEN_MODE.WRITE) !== 0;
  const access = write ? ((flags & OPEN_MODE.READ) !== 0 ? fs.O_RDWR : fs.O_WRONLY) : fs.O_RDONLY;
  return (
    access |
    // Where the last part is a link, allowed() has looked where it leads; it must not be swapped for another since.
    fs.O_NOFOLLOW |
    ((flags & OPEN_MODE.CREAT) !== 0 ? fs.O_CREAT : 0) |
    ((flags & OPEN_MODE.TRUNC) !== 0 ? fs.O_TRUNC : 0) |
    ((flags & OPEN_MODE.EXCL) !== 0 ? fs.O_EXCL : 0) |
    ((flags & OPEN_MODE.APPEND) !== 0 ? fs.O_APPEND : 0)
  );
}
