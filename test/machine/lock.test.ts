import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LockedError, lockHolder, takeLock } from '../../machine/lock';
import { identify, waitForEnd } from '../../machine/processes';

let directory: string;
const children: ChildProcess[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lock-'));
});

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});

/** A process that holds the lock of the directory, too busy to answer anybody. */
async function busyHolder(): Promise<ChildProcess & { readonly pid: number }> {
  const program = `
    require('tsx/cjs');
    require(${JSON.stringify(join(__dirname, '../../machine/lock.ts'))})
      .takeLock(${JSON.stringify(directory)}, 'the test')
      .then(() => { require('node:fs').writeSync(1, 'held'); for (;;); });`;
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  await once(child.stdout as NodeJS.ReadableStream, 'data');
  return child as ChildProcess & { readonly pid: number };
}

test('a directory has one holder, whose pid is told, until it lets go; no file shows it', async () => {
  const lock = await takeLock(directory, 'the test');
  await expect(takeLock(directory, 'the test')).rejects.toThrow(LockedError);
  await expect(takeLock(directory, 'the test')).rejects.toThrow(
    `the test is already running in ${directory} (process ${process.pid})`,
  );
  expect(lockHolder(directory)).toBe(process.pid);
  expect(readdirSync(directory)).toEqual([]);
  await lock.release();
  expect(lockHolder(directory)).toBeUndefined();
  await (await takeLock(directory, 'the test')).release();
});

test('a holder that is too busy to answer is named, and a killed one holds nothing', async () => {
  const { pid } = await busyHolder();
  await expect(takeLock(directory, 'the test')).rejects.toThrow(`(process ${pid})`);
  const holder = identify(pid);
  process.kill(pid, 'SIGKILL');
  if (holder) await waitForEnd(holder, 10_000);
  await (await takeLock(directory, 'the test')).release();
});

test('two paths to one directory are one lock, two directories are two', async () => {
  const other = mkdtempSync(join(tmpdir(), 'lock-'));
  const link = join(other, 'link');
  symlinkSync(directory, link);
  const lock = await takeLock(directory, 'the test');
  expect(lockHolder(link)).toBe(process.pid);
  expect(lockHolder(other)).toBeUndefined();
  expect(lockHolder(join(other, 'absent'))).toBeUndefined();
  await lock.release();
  rmSync(other, { recursive: true });
});
