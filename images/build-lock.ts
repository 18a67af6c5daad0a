import { existsSync } from 'node:fs';
import { open, readFile, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

export interface LockOptions {
  readonly log: (line: string) => void;
  readonly signal?: AbortSignal;
  /** How often a waiting process looks again. @default 500 */
  readonly pollMilliseconds?: number;
}

/**
 * Runs `work` while no other process does so under the same lock file, which holds the owner's pid. The lock of a process
 * that is gone is taken over.
 */
export async function withBuildLock<T>(
  file: string,
  options: LockOptions,
  work: () => Promise<T>,
): Promise<T> {
  let told = false;
  while (!(await acquire(file))) {
    const owner = await ownerOf(file);
    if (owner !== undefined && !existsSync(`/proc/${owner}`)) {
      // The file is removed only if it still names the dead owner, so that a new one's lock is not taken away.
      if ((await ownerOf(file)) === owner) await rm(file, { force: true });
      continue;
    }
    if (!told) options.log(`template: waiting for the build of process ${owner ?? 'unknown'}`);
    told = true;
    await sleep(options.pollMilliseconds ?? 500, undefined, { signal: options.signal });
  }
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}

async function acquire(file: string): Promise<boolean> {
  try {
    const handle = await open(file, 'wx', 0o600);
    try {
      await handle.writeFile(`${process.pid}\n`);
    } finally {
      await handle.close();
    }
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Undefined while the owner has not yet written its pid, or when the file is gone. */
async function ownerOf(file: string): Promise<number | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return /^\d+\n$/.test(text) ? Number(text) : undefined;
}
