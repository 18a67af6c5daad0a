import { readFileSync } from 'node:fs';
import { run } from './command';

/** Makes the kernel write no core file and start no program that takes one; with 0 it would still start that (core(5)). */
const NONE = '1';

/**
 * A core dump of a process that holds a token or a key holds it too, for whoever gets to see the file. This process and
 * all that it starts write none. Node.js cannot set its own limits; prlimit is part of util-linux, which each system
 * has. Where it is not allowed or not there the limits stay as they are.
 */
export async function forbidCoreDumps(): Promise<void> {
  if (coreLimit('self') === NONE) return;
  await run(['prlimit', '--pid', String(process.pid), `--core=${NONE}:${NONE}`]).catch(() => undefined);
}

/** Bytes, "unlimited", or undefined where it cannot be read. */
export function coreLimit(pid: number | 'self'): string | undefined {
  try {
    return /^Max core file size +(\S+)/m.exec(readFileSync(`/proc/${pid}/limits`, 'utf8'))?.[1];
  } catch {
    return undefined; // it has ended, or belongs to somebody else
  }
}
