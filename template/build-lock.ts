import { setTimeout as sleep } from 'node:timers/promises';
import { type Lock, LockedError, takeLock } from '../machine/lock';

export interface LockOptions {
  readonly log: (line: string) => void;
  readonly signal?: AbortSignal;
  /** How often a waiting process looks again. @default 500 */
  readonly pollMilliseconds?: number;
}

/** Runs `work` while no other process builds in the same directory; waits for one that does. */
export async function withBuildLock<T>(
  directory: string,
  options: LockOptions,
  work: () => Promise<T>,
): Promise<T> {
  const lock = await ourTurn(directory, options);
  try {
    return await work();
  } finally {
    await lock.release();
  }
}

async function ourTurn(directory: string, options: LockOptions): Promise<Lock> {
  for (let told = false; ; told = true) {
    try {
      return await takeLock(directory, 'the build of the template');
    } catch (error) {
      if (!(error instanceof LockedError)) throw error;
      if (!told) options.log(`template: waiting for the build of process ${error.pid}`);
    }
    await sleep(options.pollMilliseconds ?? 500, undefined, { signal: options.signal });
  }
}
