import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
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
function busyHolder(): Promise<ChildProcess & { readonly pid: number }> {
  return started(`
    require('tsx/cjs');
    require(${JSON.stringify(join(__dirname, '../../machine/lock.ts'))})
      .takeLock(${JSON.stringify(directory)}, 'the test')
      .then(() => { require('node:fs').writeSync(1, 'held'); for (;;); });`);
}

async function started(program: string): Promise<ChildProcess & { readonly pid: number }> {
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  await once(child.stdout as NodeJS.ReadableStream, 'data');
  return child as ChildProcess & { readonly pid: number };
}

test('a directory has one holder, whose pid is told, until it lets go', async () => {
  const lock = await takeLock(directory, 'the test');
  await expect(takeLock(directory, 'the test')).rejects.toThrow(LockedError);
  await expect(takeLock(directory, 'the test')).rejects.toThrow(
    `the test is already running in ${directory} (process ${process.pid})`,
  );
  expect(lockHolder(directory)).toBe(process.pid);
  await lock.release();
  expect(readdirSync(join(directory, '.lock'))).toEqual([]);
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

test('of many processes that ask again and again never two hold the lock', async () => {
  const inside = join(directory, 'inside');
  /** Each time that it holds the lock it makes a file, which must not be there, and removes it. */
  const program = `
    require('tsx/cjs');
    const { takeLock, LockedError } = require(${JSON.stringify(join(__dirname, '../../machine/lock.ts'))});
    const fs = require('node:fs');
    (async () => {
      fs.writeSync(1, 'ready');
      for (let asked = 0; asked < 15; asked += 1) {
        try {
          const lock = await takeLock(${JSON.stringify(directory)}, 'the test');
          fs.closeSync(fs.openSync(${JSON.stringify(inside)}, 'wx'));
          await new Promise((resolve) => setTimeout(resolve, Math.random() * 3));
          fs.rmSync(${JSON.stringify(inside)});
          await lock.release();
        } catch (fault) {
          if (!(fault instanceof LockedError)) throw fault;
          await new Promise((resolve) => setTimeout(resolve, Math.random() * 3));
        }
      }
    })().catch((fault) => { fs.writeSync(1, String(fault)); process.exit(1); });`;
  // Each is listened to as soon as it has started: it may have done before the last one has.
  const ends = Array.from({ length: 4 }, async () => {
    const child = await started(program);
    if (child.exitCode === null) await once(child, 'exit');
    return child.exitCode;
  });
  expect(await Promise.all(ends)).toEqual([0, 0, 0, 0]);
  // A busy machine gives each of the processes little.
}, 300_000);

test('a file of a process under the same pid, or of before the last boot, holds nothing and goes', async () => {
  const own = identify(process.pid);
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  mkdirSync(join(directory, '.lock'));
  const stale = [
    `${process.pid}.${(own?.startTicks ?? 0) - 1}.${boot}`,
    `${process.pid}.${own?.startTicks}.${boot.replace(/^../, '--')}`,
  ];
  for (const name of stale) writeFileSync(join(directory, '.lock', name), '', { mode: 0o400 });
  expect(lockHolder(directory)).toBeUndefined();
  const lock = await takeLock(directory, 'the test');
  for (const name of stale) expect(existsSync(join(directory, '.lock', name))).toBe(false);
  await lock.release();
});

test('one that asks and does not go on is waited for, and then named; what was asked beside it leaves nothing', async () => {
  const { pid } = await started("require('node:fs').writeSync(1, 'up'); for (;;);");
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  mkdirSync(join(directory, '.lock'));
  const name = `${pid}.${identify(pid)?.startTicks}.${boot}`;
  writeFileSync(join(directory, '.lock', name), '', { mode: 0o600 });
  expect(lockHolder(directory)).toBeUndefined();
  await expect(takeLock(directory, 'the test')).rejects.toThrow(`(process ${pid})`);
  expect(readdirSync(join(directory, '.lock'))).toEqual([name]);
});

test('only who may write in the directory can take its lock', async () => {
  const lock = await takeLock(directory, 'the test');
  expect(statSync(join(directory, '.lock')).mode & 0o777).toBe(0o700);
  await lock.release();
});
