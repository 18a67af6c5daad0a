import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { identify, isAlive } from './processes';

/**
 * Runs `use` with an empty directory in `parent`, which is removed whatever happens. What a process that was killed left
 * behind is removed by the next that comes: the directory's name, PREFIX-PID-STARTTICKS-XXXXXX, tells whose it is.
 */
export async function inWorkDirectory<T>(
  parent: string,
  prefix: string,
  use: (directory: string) => Promise<T>,
): Promise<T> {
  mkdirSync(parent, { recursive: true });
  for (const name of readdirSync(parent)) {
    if (isLeftBehind(name, prefix)) rmSync(join(parent, name), { recursive: true, force: true });
  }
  const startTicks = identify(process.pid)?.startTicks;
  const directory = mkdtempSync(join(parent, `${prefix}-${process.pid}-${startTicks}-`));
  try {
    return await use(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function isLeftBehind(name: string, prefix: string): boolean {
  const [, pid, startTicks] = /^-(\d+)-(\d+)-\w{6}$/.exec(name.slice(prefix.length)) ?? [];
  if (!name.startsWith(prefix) || pid === undefined) return false;
  return !isAlive({ pid: Number(pid), startTicks: Number(startTicks) });
}
