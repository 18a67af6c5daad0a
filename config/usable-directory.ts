import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { InputError } from './input-error';

/**
 * The directory, made if absent. Throws InputError where this user cannot write in it; `what` is its name in the error,
 * `variable` the one of the environment that chooses another.
 */
export function usableDirectory(directory: string, what: string, variable: string): string {
  try {
    make(directory);
    if (!statSync(directory).isDirectory()) throw new Error('it is no directory');
    accessSync(directory, constants.W_OK | constants.X_OK);
    return directory;
  } catch (cause) {
    throw new InputError(
      `${what} ${directory} cannot be used: ${reasonOf(cause)}; choose another with ${variable}`,
      { cause },
    );
  }
}

/** One level after the other: mkdirSync() in one go never ends where a file system makes no directories, as /proc. */
function make(directory: string): void {
  if (existsSync(directory)) return;
  if (dirname(directory) !== directory) make(dirname(directory));
  mkdirSync(directory, { mode: 0o700 });
}

/** Without the call and the path, which say nothing more. */
export function reasonOf(cause: unknown): string {
  return (cause as Error).message.replace(/^E\w+: /, '').replace(/, \w+ '.*$/s, '');
}
