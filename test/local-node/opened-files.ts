import fs from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

type Call = (...all: never[]) => unknown;

/** All that opens, changes or lists what a path names. What two paths are for comes twice, so that both are seen. */
const SYNC = [
  ...['openSync', 'readFileSync', 'writeFileSync', 'appendFileSync', 'readdirSync', 'opendirSync'],
  ...['renameSync', 'linkSync', 'symlinkSync', 'copyFileSync', 'mkdirSync', 'mkdtempSync', 'rmdirSync'],
  ...['rmSync', 'unlinkSync', 'truncateSync', 'chmodSync', 'chownSync', 'utimesSync', 'cpSync'],
  ...['createReadStream', 'createWriteStream'],
];
const PROMISES = [
  ...['open', 'readFile', 'writeFile', 'appendFile', 'readdir', 'opendir', 'rename', 'link', 'symlink'],
  ...['copyFile', 'mkdir', 'mkdtemp', 'rmdir', 'rm', 'unlink', 'truncate', 'chmod', 'chown', 'utimes', 'cp'],
];
const TWO_PATHS = /^(rename|link|symlink|copyFile|cp)/;

/** Records every file outside `directory` that this process opens, changes or lists, as operation and path. */
export function recordOpenedFiles(directory: string): Set<string> {
  const opened = new Set<string>();
  const record = (name: string, target: unknown): void => {
    if (typeof target !== 'string' && !(target instanceof URL)) return;
    const path = target instanceof URL ? fileURLToPath(target) : target;
    if (relative(directory, path).startsWith('..')) opened.add(`${name} ${path}`);
  };
  const watch = (owner: object, names: readonly string[]): void => {
    const methods = owner as Record<string, Call>;
    for (const name of names) {
      const real = methods[name] as Call;
      jest.spyOn(methods, name).mockImplementation(function (this: unknown, ...all: never[]) {
        record(name, all[0]);
        if (TWO_PATHS.test(name)) record(name, all[1]);
        return real.apply(this, all);
      });
    }
  };
  watch(fs, SYNC);
  watch(fs, ['open', 'readFile', 'writeFile', 'rename', 'rm', 'unlink', 'mkdir', 'readdir']);
  watch(fs.promises, PROMISES);
  return opened;
}
