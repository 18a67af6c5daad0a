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

test("another clone's packages, used through a link, are not replaced by those of this one", () => {
  const clone = join(directory, 'clone');
  const packages = join(directory, 'packages');
  mkdirSync(join(clone, 'commands'), { recursive: true });
  mkdirSync(packages);
  writeFileSync(join(packages, '.lock-sha256'), 'of another lock file');
  writeFileSync(join(clone, 'package-lock.json'), '{}');
  copyFileSync(join(__dirname, '../../commands/bootstrap.mjs'), join(clone, 'commands/bootstrap.mjs'));
  symlinkSync(packages, join(clone, 'node_modules'));
  const run = spawnSync(process.execPath, ['commands/bootstrap.mjs', 'doctor'], {
    cwd: clone,
    encoding: 'utf8',
  });
  expect(run.stderr).toContain('is a link');
  expect(run.status).toBe(4);
  expect(readdirSync(packages)).toEqual(['.lock-sha256']);
});
