import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const directory = mkdtempSync(join(tmpdir(), 'bootstrap-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** A clone with nothing but what the bootstrap itself needs. */
function emptyClone(name: string): string {
  const clone = join(directory, name);
  mkdirSync(join(clone, 'commands'), { recursive: true });
  writeFileSync(join(clone, 'package-lock.json'), '{}');
  copyFileSync(join(__dirname, '../../commands/bootstrap.mjs'), join(clone, 'commands/bootstrap.mjs'));
  return clone;
}

test("another clone's packages, used through a link, are not replaced by those of this one", () => {
  const clone = emptyClone('clone');
  const packages = join(directory, 'packages');
  mkdirSync(packages);
  writeFileSync(join(packages, '.lock-sha256'), 'of another lock file');
  symlinkSync(packages, join(clone, 'node_modules'));
  const run = spawnSync(process.execPath, ['commands/bootstrap.mjs', 'doctor'], {
    cwd: clone,
    encoding: 'utf8',
  });
  expect(run.stderr).toContain('is a link');
  expect(run.status).toBe(4);
  expect(readdirSync(packages)).toEqual(['.lock-sha256']);
});

test('in a clone that cannot be written nothing is installed, and the reason is said', () => {
  const clone = emptyClone('read-only');
  const mount = 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && cd "$1" && shift && exec "$@"';
  const start = [process.execPath, 'commands/bootstrap.mjs', 'doctor'];
  const run = spawnSync(
    'unshare',
    ['--user', '--map-root-user', '--mount', 'bash', '-c', mount, 'mount', clone, ...start],
    { encoding: 'utf8' },
  );
  expect(run.stderr).toBe(
    `${clone} cannot be written (EROFS): the lab needs a clone that you may write in; make one in a directory of yours\n`,
  );
  expect(run.status).toBe(2);
});
