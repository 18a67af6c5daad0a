import { constants as fs, type Stats } from 'node:fs';
import { type FileHandle, lstat, open, rm } from 'node:fs/promises';
import { countWrites, type RequireSpace } from '../base/space-guard';

/** More than this in one read is answered with less, as the protocol allows. */
const LONGEST_READ = 256 * 1024;

/** A file that a client has open. What guests' disks stand on is never changed in place. */
export class SftpFile {
  private readonly wrote: RequireSpace;

  private constructor(
    private readonly file: FileHandle,
    requireSpace: RequireSpace,
  ) {
    this.wrote = countWrites(requireSpace);
  }

  /** `flags` and `mode` as of open(2). `requireSpace` throws unless so many bytes more have room. */
  static async open(
    path: string,
    flags: number,
    mode: number,
    requireSpace: RequireSpace,
  ): Promise<SftpFile> {
    if ((flags & fs.O_CREAT) !== 0) await requireSpace(0);
    if ((flags & fs.O_TRUNC) !== 0) await leaveToOthers(path);
    // Where the last part is a link, the caller has looked where it leads; it must not be swapped for another since.
    return new SftpFile(await open(path, flags | fs.O_NOFOLLOW, mode), requireSpace);
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
    await this.requireAlone();
    await this.wrote(data.length);
    let done = 0;
    while (done < data.length) {
      done += (await this.file.write(data, done, data.length - done, offset + done)).bytesWritten;
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

  close(): Promise<void> {
    return this.file.close();
  }

  /** An import image that guests use has a second link in the directory of each. */
  private async requireAlone(): Promise<void> {
    if ((await this.file.stat()).nlink < 2) return;
    throw Object.assign(
      new Error('disks of guests stand on this file: write another file and rename it to this name'),
      { code: 'EPERM' },
    );
  }
}

/** A file that is written anew gets a place of its own if others use the old one. */
async function leaveToOthers(path: string): Promise<void> {
  const stats = await lstat(path).catch(() => undefined); // open() tells why
  if (stats?.isFile() && stats.nlink > 1) await rm(path);
}
