import fs, { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DirectoryNames } from '../../../local-node/base/directory-names';

let directory: string;
const long = new Date(Date.now() - 60_000);

beforeEach(() => {
  directory = join(mkdtempSync(join(tmpdir(), 'names-')), 'images');
});

afterEach(() => {
  jest.restoreAllMocks();
  rmSync(join(directory, '..'), { recursive: true });
});

test('a directory that was made, changed or removed since shows as it is', () => {
  const names = new DirectoryNames();
  expect(names.of(directory)).toEqual([]);
  mkdirSync(directory);
  for (const name of ['a', 'b', 'c', 'd']) {
    writeFileSync(join(directory, name), '');
    expect(names.of(directory)).toContain(name);
  }
  rmSync(directory, { recursive: true });
  expect(names.of(directory)).toEqual([]);
});

test('a directory that has long been the same is read once', () => {
  mkdirSync(directory);
  writeFileSync(join(directory, 'a'), '');
  const read = jest.spyOn(fs, 'readdirSync');
  const now = jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 60_000);
  const names = new DirectoryNames();
  for (let turn = 0; turn < 3; turn += 1) expect(names.of(directory)).toEqual(['a']);
  expect(read).toHaveBeenCalledTimes(1);
  // Lately changed: a further change need not show in its times.
  now.mockRestore();
  for (let turn = 0; turn < 3; turn += 1) names.of(directory);
  expect(read).toHaveBeenCalledTimes(4);
});

test('a change that leaves the time of the last one is seen', () => {
  mkdirSync(directory);
  utimesSync(directory, long, long);
  const names = new DirectoryNames();
  jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 60_000);
  expect(names.of(directory)).toEqual([]);
  jest.restoreAllMocks();
  writeFileSync(join(directory, 'a'), '');
  utimesSync(directory, long, long);
  expect(names.of(directory)).toEqual(['a']);
});
