import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inWorkDirectory } from '../../machine/work-directory';

const ROOT = join(__dirname, '../..');

let parent: string;
beforeEach(() => {
  parent = join(mkdtempSync(join(tmpdir(), 'work-directory-')), 'cache');
});
afterEach(() => rmSync(join(parent, '..'), { recursive: true, force: true }));

test('the directory is removed at the end and after an error', async () => {
  const fail = inWorkDirectory(parent, 'build', async (directory) => {
    writeFileSync(join(directory, 'half'), '');
    throw new Error('full');
  });
  await expect(fail).rejects.toThrow('full');
  expect(readdirSync(parent)).toEqual([]);
});

test('what a killed process left is removed by the next; what lives, and what is not ours, stays', async () => {
  const script = `require('./machine/work-directory').inWorkDirectory(${JSON.stringify(parent)}, 'build', async () => process.kill(process.pid, 'SIGHUP'))`;
  const { signal } = spawnSync(process.execPath, ['--require', 'tsx/cjs', '-e', script], { cwd: ROOT });
  expect(signal).toBe('SIGHUP');
  expect(readdirSync(parent)).toHaveLength(1);
  const others = ['build-x', 'other-1-1-aaaaaa', 'build'];
  for (const name of others) mkdirSync(join(parent, name));
  await inWorkDirectory(parent, 'build', async (directory) => {
    await inWorkDirectory(parent, 'build', async () => expect(existsSync(directory)).toBe(true));
  });
  expect(readdirSync(parent).sort()).toEqual([...others].sort());
});
