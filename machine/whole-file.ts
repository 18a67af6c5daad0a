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
  await writeWholeFiles([[path, content]], options);
}

/**
 * Several files in one go, each whole or as it was. They take their places in the order given, and none does before the
 * texts of all are on disk: that takes as long as for one.
 */
export async function writeWholeFiles(
  files: readonly (readonly [path: string, content: string | Buffer])[],
  options: WholeFileOptions = {},
): Promise<void> {
  const replacements = await Promise.all(
    files.map(async ([path, content]) => {
      const place = await realpath(path).catch(() => path); // a link stays a link
      return { path, place, partial: partialName(place), content: Buffer.from(content) };
    }),
  );
  const before = replacements.map(({ place }) => turns.get(place));
  const turn = Promise.allSettled(before).then(() => replace(replacements, options));
  for (const { place } of replacements) turns.set(place, turn);
  try {
    await turn;
  } finally {
    for (const { place } of replacements) if (turns.get(place) === turn) turns.delete(place);
  }
}

interface Replacement {
  /** As it was given. */
  readonly path: string;
  readonly place: string;
  readonly partial: string;
  readonly content: Buffer;
}

async function replace(files: readonly Replacement[], { mode = 0o666 }: WholeFileOptions): Promise<void> {
  const directories: FileHandle[] = [];
  try {
    // Opened first: what keeps one from being opened then shows while the old file is still there.
    for (const file of files) {
      await told(file, async () => directories.push(await open(dirname(file.place), constants.O_RDONLY)));
    }
    const written = await Promise.allSettled(files.map((file) => told(file, () => putOnDisk(file, mode))));
    for (const result of written) if (result.status === 'rejected') throw result.reason;
    for (const file of files) await told(file, () => rename(file.partial, file.place));
    await Promise.all(
      directories.map((directory, index) =>
        told(files[index], () => directory.sync().catch(passUnsupported)),
      ),
    );
  } catch (fault) {
    // The first fault is the one to tell.
    for (const { partial } of files) await rm(partial, { force: true }).catch(() => undefined);
    throw fault;
  } finally {
    for (const directory of directories) await directory.close();
  }
}

async function putOnDisk({ partial, content }: Replacement, mode: number): Promise<void> {
  const file = await open(partial, FRESH, mode);
  try {
    await writeAll(file, content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A fault names the file that was to be written. */
async function told<T>(file: Replacement | undefined, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (fault) {
    throw notWritten(file?.path ?? '', fault);
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

export function partialName(place: string): string {
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
