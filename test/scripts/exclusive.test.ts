import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HeldError, takeExclusively } from '../../scripts/exclusive';
import { identityOf } from '../../scripts/processes';

let directory: string;
let lock: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'exclusive-'));
  lock = join(directory, 'deep/start.lock');
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

test('a second taker is refused and told who holds the lock', () => {
  takeExclusively(lock, 'npm start');
  expect(() => takeExclusively(lock, 'npm start')).toThrow(HeldError);
  expect(() => takeExclusively(lock, 'npm start')).toThrow(
    `npm start is already running in this directory (process ${process.pid}`,
  );
});

test('the lock is free again after its release', () => {
  takeExclusively(lock, 'npm start')();
  expect(existsSync(lock)).toBe(false);
  expect(() => takeExclusively(lock, 'npm start')()).not.toThrow();
});

test('a lock whose holder is gone is taken over, also when its pid lives on in another process', () => {
  takeExclusively(lock, 'npm start')();
  const self = identityOf(process.pid);
  writeFileSync(lock, JSON.stringify({ pid: process.pid, startTicks: (self?.startTicks ?? 0) - 1 }));
  expect(() => takeExclusively(lock, 'npm start')).not.toThrow();
});

test('a lock file that was cut off while it was written does not hold for ever', () => {
  takeExclusively(lock, 'npm start')();
  writeFileSync(lock, '{"pi');
  expect(() => takeExclusively(lock, 'npm start')).not.toThrow();
});
