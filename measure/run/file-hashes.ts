import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A file of a run. Null = it is not there. */
export interface HashedFile {
  readonly file: string;
  readonly sha256: string | null;
}

/** SHA-256 of the run's files, each read once. */
export function hasher(directory: string): (files: readonly string[]) => readonly HashedFile[] {
  const known = new Map<string, string | null>();
  const hash = (file: string): string | null => {
    const path = join(directory, file);
    return existsSync(path) ? createHash('sha256').update(readFileSync(path)).digest('hex') : null;
  };
  return (files) =>
    files.map((file) => {
      const sha256 = known.get(file) ?? hash(file);
      known.set(file, sha256);
      return { file, sha256 };
    });
}
