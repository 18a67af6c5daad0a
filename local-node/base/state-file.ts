import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isHalfWritten, writeWholeFiles } from '../../machine/whole-file';

/** Writes a file of the node's state: whole or not at all, on disk when this resolves, readable by its owner only. */
export async function writeStateFile(path: string, content: string | Buffer): Promise<void> {
  await writeStateFiles([[path, content]]);
}

/** Several, which take their places in the order given when all of them are on disk. */
export async function writeStateFiles(
  files: readonly (readonly [path: string, content: string | Buffer])[],
): Promise<void> {
  for (const [path] of files) mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  await writeWholeFiles(files, { mode: 0o600 });
}

/** Removes what a crash has left half written of the node's state. */
export function removeHalfWritten(stateDir: string): void {
  const own = (directory: string) =>
    readdirSync(directory, { withFileTypes: true }).filter((one) => one.isFile());
  const below = readdirSync(join(stateDir, 'etc'), { withFileTypes: true, recursive: true });
  for (const { parentPath, name } of [...own(stateDir), ...below]) {
    if (isHalfWritten(name)) rmSync(join(parentPath, name), { force: true });
  }
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
