import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { putBackLockFile } from '../../stacks/put-back-lock-file';

let directory: string;
let file: string;
let kept: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lock-file-'));
  mkdirSync(join(directory, 'stacks/lab'), { recursive: true });
  file = join(directory, 'stacks/lab/.terraform.lock.hcl');
  kept = join(directory, 'kept.hcl');
  writeFileSync(kept, 'as set-up made it');
});
afterEach(() => rmSync(directory, { recursive: true }));

test('the lock file of a directory that was made again is the one that set-up made', () => {
  putBackLockFile(directory, 'lab', kept);
  expect(readFileSync(file, 'utf8')).toBe('as set-up made it');
});

test('a lock file that is there stays as it is', () => {
  writeFileSync(file, 'another');
  putBackLockFile(directory, 'lab', kept);
  expect(readFileSync(file, 'utf8')).toBe('another');
});

test('before the first set-up there is nothing to put back', () => {
  putBackLockFile(directory, 'lab', join(directory, 'absent'));
  expect(existsSync(file)).toBe(false);
});
