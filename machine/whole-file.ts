/**
 * Files that are whole or as they were, whatever comes between: a full disk, a crash, the end of the power. The text
 * goes to a file beside its place, to the disk, and then takes its place.
 */
import {
  closeSync,
  constants,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { type FileHandle, open, realpath, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

interface WholeFileOptions {
  /** @default 0o666, both less the umask */
  readonly mode?: number;
}

const { O_CREAT, O_EXCL, O_WRONLY } = constants;
const FRESH = O_CREAT | O_EXCL | O_WRONLY;

/** By the file's real path, the last of the writes that were asked for. */
const turns = new Map<string, Promise<void>>();
let made = 0;

/** Writes a file whole or not at all; it is on disk when this resolves. Writes to one file go one after the other. */
export async function writeWholeFile(
  path: string,
  content: string | Buffer,
  options: WholeFileOptions = {},
): Promise<void> {
  const place = await realpath(path).catch(() => path); // a link stays a link
  const before = turns.get(place) ?? Promise.resolve();
  const turn = before
    .catch(() => undefined)
    .then(() => replace(place, Buffer.from(content), options))
    .catch((fault: unknown) => {
      throw notWritten(path, fault);
    });
  turns.set(place, turn);
  try {
    await turn;
  } finally {
    if (turns.get(place) === turn) turns.delete(place);
  }
}

async function replace(place: string, content: Buffer, { mode = 0o666 }: WholeFileOptions): Promise<void> {
  const partial = partialName(place);
  // Opened first: what keeps it from being opened then shows while the old file is still there.
  const directory = await open(dirname(place), constants.O_RDONLY);
  try {
    const file = await open(partial, FRESH, mode);
    try {
      await writeAll(file, content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(partial, place);
    await directory.sync().catch(passUnsupported);
  } catch (fault) {
    await rm(partial, { force: true }).catch(() => undefined); // the first fault is the one to tell
    throw fault;
  } finally {
    await directory.close();
  }
}

/** As writeWholeFile(), for whoever cannot wait. */
export function writeWholeFileSync(
  path: string,
  content: string | Buffer,
  options: WholeFileOptions = {},
): void {
  try {
    replaceSync(realpathOr(path), Buffer.from(content), options);
  } catch (fault) {
    throw notWritten(path, fault);
  }
}

function replaceSync(place: string, content: Buffer, { mode = 0o666 }: WholeFileOptions): void {
  const partial = partialName(place);
  const directory = openSync(dirname(place), constants.O_RDONLY);
  try {
    const file = openSync(partial, FRESH, mode);
    try {
      writeAllSync(file, content);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(partial, place);
    try {
      fsyncSync(directory);
    } catch (fault) {
      passUnsupported(fault);
    }
  } catch (fault) {
    try {
      rmSync(partial, { force: true });
    } catch {} // the first fault is the one to tell
    throw fault;
  } finally {
    closeSync(directory);
  }
}

/** The kernel's words may name no file, or the one beside it. */
function notWritten(path: string, cause: unknown): Error {
  const { code, message } = cause as NodeJS.ErrnoException;
  return Object.assign(new Error(`${path} is not written: ${message}`, { cause }), { code });
}

/**
 * Writes all bytes, at a place or after what is written: one call may take fewer, as on a disk that is about to be full.
 */
export async function writeAll(file: FileHandle, content: Buffer, place?: number): Promise<void> {
  for (let done = 0; done < content.length; ) {
    const at = place === undefined ? null : place + done;
    const { bytesWritten } = await file.write(content, done, content.length - done, at);
    done += someOf(bytesWritten);
  }
}

/** As writeAll(), after what is written. */
export function writeAllSync(descriptor: number, content: Buffer): void {
  for (let done = 0; done < content.length; ) {
    done += someOf(writeSync(descriptor, content, done, content.length - done, null));
  }
}

/** Nothing written and no error would go on for ever. */
function someOf(bytesWritten: number): number {
  if (bytesWritten === 0) throw Object.assign(new Error('ENOSPC: nothing was written'), { code: 'ENOSPC' });
  return bytesWritten;
}

/** Some file systems put no directory on disk by itself, and say so. */
function passUnsupported(fault: unknown): void {
  if ((fault as NodeJS.ErrnoException).code !== 'EINVAL') throw fault;
}

function partialName(place: string): string {
  made += 1;
  return `${place}.${process.pid}.${made}.new`;
}

/** Is this the name of a file that a crash left half written? */
export function isHalfWritten(name: string): boolean {
  return /\.\d+\.\d+\.new$/.test(name);
}

function realpathOr(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
