import { chmodSync, closeSync, mkdirSync, openSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bootId, isAlive, type ProcessIdentity, thisProcess } from './processes';

/** Another process is at work in the directory. */
export class LockedError extends Error {
  override readonly name = 'LockedError';
  constructor(
    what: string,
    directory: string,
    readonly pid: number,
  ) {
    super(`${what} is already running in ${directory} (process ${pid}): wait for it, or stop it`);
  }
}

/** The right to work in a directory. It ends with the process, however that ends. */
export interface Lock {
  release(): Promise<void>;
}

/** One that asks may be about to hold; then it is waited for. */
const ATTEMPTS = 50;
const PAUSE = 20;

/** An empty file, as a full disk takes it; its mode tells whether the process holds the lock or asks for it. */
const ASKS = 0o600;
const HOLDS = 0o400;

/** A process that holds the lock or asks for it, by the name of its file. */
interface Entry extends ProcessIdentity {
  readonly name: string;
}

/**
 * Takes the lock of a directory for this process; `what` names the holder in the error. Throws LockedError.
 *
 * The lock are files in DIRECTORY/.lock, which have the directory's permissions, one for each process and named by it.
 * Who has made its file, and then finds no other one of a process that lives, holds the lock: of two, the one whose
 * file came later finds the other's. A file of a process that has gone counts for nothing, and no other process will
 * ever have its name.
 */
export async function takeLock(directory: string, what: string): Promise<Lock> {
  const place = join(directory, '.lock');
  const own = ownEntry();
  const file = join(place, own.name);
  mkdirSync(place, { recursive: true, mode: 0o700 });
  if (living(place).some(({ name }) => name === own.name)) throw new LockedError(what, directory, own.pid);
  try {
    for (let attempt = 0; ; attempt += 1) {
      closeSync(openSync(file, 'a', ASKS));
      const other = living(place).find(({ name }) => name !== own.name);
      if (!other) break;
      if (attempt === ATTEMPTS || holds(place, other)) throw new LockedError(what, directory, other.pid);
      // Of two that ask, the one that started first goes on asking: if both went away, both might come back together.
      if (isBefore(other, own)) rmSync(file);
      await sleep(PAUSE);
    }
    chmodSync(file, HOLDS);
  } catch (fault) {
    rmSync(file, { force: true });
    throw fault;
  }
  return {
    release: async () => rmSync(file, { force: true }),
  };
}

/** The pid of the process that holds the lock, which may be busy and need not answer; undefined if nobody holds it. */
export function lockHolder(directory: string): number | undefined {
  const place = join(directory, '.lock');
  return living(place).find((entry) => holds(place, entry))?.pid;
}

/** What lives of those who hold or ask. What does not is removed: files of processes that were killed. */
function living(place: string): Entry[] {
  const boot = bootId();
  return namesIn(place).flatMap((name) => {
    const [, pid, startTicks, at] = /^(\d+)\.(\d+)\.([0-9a-f-]+)$/.exec(name) ?? [];
    if (at === undefined) return []; // none of ours
    const entry: Entry = { name, pid: Number(pid), startTicks: Number(startTicks) };
    if (at === boot && isAlive(entry)) return [entry];
    try {
      rmSync(join(place, name), { force: true });
    } catch {} // it counts for nothing where it stays
    return [];
  });
}

function namesIn(place: string): string[] {
  try {
    return readdirSync(place);
  } catch (fault) {
    if (['ENOENT', 'ENOTDIR'].includes((fault as NodeJS.ErrnoException).code ?? '')) return [];
    throw fault;
  }
}

function holds(place: string, { name }: Entry): boolean {
  const file = statSync(join(place, name), { throwIfNoEntry: false });
  return file !== undefined && (file.mode & 0o777) === HOLDS;
}

function isBefore(one: Entry, other: Entry): boolean {
  return one.startTicks < other.startTicks || (one.startTicks === other.startTicks && one.pid < other.pid);
}

function ownEntry(): Entry {
  const { boot, ...own } = thisProcess();
  return { ...own, name: `${own.pid}.${own.startTicks}.${boot}` };
}
