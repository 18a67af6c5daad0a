import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { createConnection, createServer, type Server } from 'node:net';
import { text } from 'node:stream/consumers';

/** Another process works on the same state directory. */
export class StateLockedError extends Error {
  override readonly name = 'StateLockedError';
  constructor(
    stateDir: string,
    readonly pid: number | undefined,
  ) {
    super(
      `the local node of ${stateDir} is held by ${pid === undefined ? 'another process' : `process ${pid}`}`,
    );
  }
}

/** The right to work on a state directory. The kernel takes it back when the process ends, however it ends. */
export interface StateLock {
  release(): Promise<void>;
}

/**
 * Takes the lock of a state directory: a socket in the kernel's abstract namespace, which leaves no file behind that
 * could be stale. Whoever connects to it is told the holder's pid. Throws StateLockedError.
 */
export async function lockState(stateDir: string): Promise<StateLock> {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.end(String(process.pid));
  });
  try {
    await listen(server, lockName(stateDir));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new StateLockedError(stateDir, await lockHolder(stateDir));
  }
  server.unref();
  return {
    release: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
      }),
  };
}

/** The pid of the process that holds the lock; undefined if nobody does. */
export async function lockHolder(stateDir: string): Promise<number | undefined> {
  try {
    const pid = Number(await text(createConnection(lockName(stateDir))));
    return Number.isInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

function lockName(stateDir: string): string {
  const digest = createHash('sha256').update(realpathSync(stateDir)).digest('hex');
  return `\0pve-virtualization-lab/${digest.slice(0, 32)}`;
}

function listen(server: Server, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(name, resolve);
  });
}
