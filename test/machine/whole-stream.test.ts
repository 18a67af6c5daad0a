import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeWholeStream } from '../../machine/whole-stream';
import { zip } from '../../machine/zip-writer';

const directory = mkdtempSync(join(tmpdir(), 'whole-stream-'));
const file = join(directory, 'file');
beforeEach(() => writeFileSync(file, 'of before'));
afterAll(() => rmSync(directory, { recursive: true }));

test('a stream takes the place of the file that was there', async () => {
  await writeWholeStream(
    file,
    (async function* () {
      yield Buffer.from('all ');
      yield Buffer.from('of it');
    })(),
  );
  expect(readFileSync(file, 'utf8')).toBe('all of it');
});

test('a stream that fails leaves the file of before, and nothing beside it', async () => {
  const failing = (async function* () {
    yield Buffer.from('a part');
    throw new Error('no more');
  })();
  await expect(writeWholeStream(file, failing)).rejects.toThrow('no more');
  expect(readFileSync(file, 'utf8')).toBe('of before');
  expect(readdirSync(directory)).toEqual(['file']);
});

test.each([
  ['has gone', { file: join(directory, 'gone'), bytes: 1 }, 'ENOENT'],
  ['has grown since it was looked at', { file: __filename, bytes: 1 }, 'unexpected number of bytes'],
])('a zip of a file that %s fails, and leaves no zip', async (_, content, words) => {
  await expect(writeWholeStream(file, zip([{ path: 'entry', content }]))).rejects.toThrow(words);
  expect(readFileSync(file, 'utf8')).toBe('of before');
});
