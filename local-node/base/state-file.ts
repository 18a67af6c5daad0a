import { mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { writeWholeFile } from '../../machine/whole-file';

/** Writes a file of the node's state: whole or not at all, on disk when this resolves, readable by its owner only. */
export async function writeStateFile(path: string, content: string | Buffer): Promise<void> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  await writeWholeFile(path, content, { mode: 0o600 });
}

/** Undefined if there is no such file. */
export function readStateFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw fault;
  }
}
