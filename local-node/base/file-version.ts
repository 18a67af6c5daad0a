import type { Stats } from 'node:fs';

/** The clock of a file system goes in steps of up to 10 ms: what was changed that lately may change without a trace. */
const SETTLED_MS = 100;

/**
 * Equal for as long as a file, or the names in a directory, are the same. Undefined where a further change might not
 * show, so that nothing must be kept of what is read.
 */
export function fileVersion({ ino, mtimeMs, ctimeMs, size, blocks }: Stats): string | undefined {
  const age = Date.now() - Math.max(mtimeMs, ctimeMs);
  return age < SETTLED_MS ? undefined : `${ino} ${mtimeMs} ${ctimeMs} ${size} ${blocks}`;
}
