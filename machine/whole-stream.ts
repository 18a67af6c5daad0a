import { constants } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { partialName, writeAll } from './whole-file';

/**
 * Writes a file of any length whole or not at all, as writeWholeFile() does: it is on disk when this resolves, and what
 * was there stays where the source fails.
 */
export async function writeWholeStream(path: string, source: AsyncIterable<Buffer>): Promise<void> {
  const partial = partialName(path);
  try {
    const file = await open(partial, 'wx');
    try {
      for await (const chunk of source) await writeAll(file, chunk);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(partial, path);
    const directory = await open(dirname(path), constants.O_RDONLY);
    await directory.sync().catch(() => undefined); // some file systems put no directory on disk by itself
    await directory.close();
  } catch (fault) {
    await rm(partial, { force: true });
    throw fault;
  }
}
