import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { pids } from './processes';

/** Another process is at work in the directory. */
export class LockedError extends Error {
  override readonly name = 'LockedError';
  constructor(
    what: string,
    directory: string,
    /** Undefined where this user may not see whose it is. */
    readonly pid: number | undefined,
  ) {
    const holder = pid === undefined ? 'of another user' : pid;
    super(`${what} is already running in ${directory} (process ${holder}): wait for it, or stop it`);
  }
}

/** The right to work in a directory. The kernel takes it back when the process ends, however it ends. */
export interface Lock {
  release(): Promise<void>;
}

/**
 * Takes the lock of a directory for this process; `what` names the holder in the error. The lock is a socket in the
 * kernel's abstract namespace: it leaves no file behind that could be stale. Throws LockedError.
 */
export async function takeLock(directory: string, what: string): Promise<Lock> {
  const server = createServer();
  for (let attempt = 0; !(await listens(server, `\0${lockName(directory)}`)); attempt++) {
    // A killed process is a zombie before the last of its threads has closed its sockets: its end is waited for.
    const holder = lockHolder(directory);
    if (holder !== undefined || attempt === 50) throw new LockedError(what, directory, holder);
    await sleep(20);
  }
  server.unref();
  return {
    release: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
      }),
  };
}

/**
 * The pid of the process that holds the lock, as the kernel knows it: the holder may be busy and need not answer.
 * Undefined if nobody holds it, or a process into which this user may not look.
 */
export function lockHolder(directory: string): number | undefined {
  if (!existsSync(directory)) return undefined;
  const name = `@${lockName(directory)}`;
  // Num RefCount Protocol Flags Type St Inode Path; some releases of Node.js fill the name up with NUL, shown as @.
  const line = readFileSync('/proc/net/unix', 'utf8')
    .split('\n')
    .find((each) => each.replace(/@+$/, '').endsWith(` ${name}`));
  const socket = line && `socket:[${line.split(/\s+/)[6]}]`;
  return socket ? pids().find((pid) => descriptors(pid).includes(socket)) : undefined;
}

function lockName(directory: string): string {
  const digest = createHash('sha256').update(realpathSync(directory)).digest('hex');
  return `pve-virtualization-lab/${digest.slice(0, 32)}`;
}

function descriptors(pid: number): string[] {
  const directory = `/proc/${pid}/fd`;
  try {
    return readdirSync(directory).flatMap((fd) => {
      try {
        return [readlinkSync(`${directory}/${fd}`)];
      } catch {
        return []; // closed in the meantime
      }
    });
  } catch {
    return []; // it has ended, or is another user's
  }
}

/** False if the name is taken. */
function listens(server: Server, name: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    server.removeAllListeners();
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(false) : reject(error),
    );
    server.listen(name, () => resolve(true));
  });
}
