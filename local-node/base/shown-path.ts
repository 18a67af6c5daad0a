import { join } from 'node:path';

/** Below it each built-in storage has its directory. */
export function storagesDir(stateDir: string): string {
  return join(stateDir, 'storage');
}

/** What a shell takes for one word, whether it is quoted or not. */
const ONE_WORD = /^[\p{L}\p{N}_./@%+,:-]*$/u;

/**
 * The path under which the API and SFTP show the directory of the storages: its own, or, where that must be quoted,
 * `other`, under which programs on the node find it too. The Terraform provider puts a storage's path into a line of
 * shell as it is.
 */
export function shownStorages(stateDir: string, other: string): string {
  const own = storagesDir(stateDir);
  return ONE_WORD.test(own) ? own : other;
}

/** A path below one directory as the same below another; any other path as it is. */
export function movedPath(path: string, from: string, to: string): string {
  return path === from || path.startsWith(`${from}/`) ? to + path.slice(from.length) : path;
}
