import { existsSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';

export const GIB = 2 ** 30;

/** What an ordinary user can still write, bytes, where `path` is or, by the nearest directory that is there, will be. */
export function freeBytes(path: string): number {
  let directory = path;
  while (!existsSync(directory) && dirname(directory) !== directory) directory = dirname(directory);
  const { bavail, bsize } = statfsSync(directory);
  return bavail * bsize;
}
