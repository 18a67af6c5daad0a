import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { identityOf, isAlive, type ProcessIdentity } from './processes';

/** Thrown when another living process holds the lock. */
export class HeldError extends Error {
  override readonly name = 'HeldError';
  constructor(
    readonly file: string,
    readonly holder: ProcessIdentity,
    what: string,
  ) {
    super(
      `${what} is already running in this directory (process ${holder.pid}, lock ${file}). Wait for it or stop it.`,
    );
  }
}

/**
 * Takes the lock `file` for this process; `what` names it in the error. A lock left by a process that is gone is taken
 * over, so that a kill never needs a manual clean-up. Returns the function that releases it.
 */
export function takeExclusively(file: string, what: string): () => void {
  mkdirSync(dirname(file), { recursive: true });
  const self = identityOf(process.pid);
  if (!self) throw new Error('/proc is not mounted: cannot tell processes apart');
  for (;;) {
    try {
      writeFileSync(file, JSON.stringify(self), { flag: 'wx', mode: 0o600 });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const holder = readHolder(file);
      if (holder && isAlive(holder)) throw new HeldError(file, holder, what);
      rmSync(file, { force: true });
    }
  }
}

function readHolder(file: string): ProcessIdentity | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as ProcessIdentity;
  } catch {
    return undefined;
  }
}
