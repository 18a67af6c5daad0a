import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GrowingLines } from '../../../measure/watch/growing-lines';

const root = mkdtempSync(join(tmpdir(), 'growing-lines-'));
afterAll(() => rmSync(root, { recursive: true }));

test('gives whole lines once, each with where it ends', () => {
  const file = join(root, 'whole');
  const lines = new GrowingLines(file);
  expect(lines.next()).toEqual([]);
  writeFileSync(file, 'one\ntwo\n');
  expect(lines.next()).toEqual([
    { text: 'one', end: 4 },
    { text: 'two', end: 8 },
  ]);
  expect(lines.next()).toEqual([]);
  appendFileSync(file, 'three\n');
  expect(lines.next()).toEqual([{ text: 'three', end: 14 }]);
});

test('waits for the rest of a line, also where a character is cut in two', () => {
  const file = join(root, 'cut');
  const text = Buffer.from('µs of µs\nnext\n');
  writeFileSync(file, text.subarray(0, 1));
  const lines = new GrowingLines(file);
  expect(lines.next()).toEqual([]);
  appendFileSync(file, text.subarray(1, 8));
  expect(lines.next()).toEqual([]);
  appendFileSync(file, text.subarray(8));
  expect(lines.next()).toEqual([
    { text: 'µs of µs', end: 11 },
    { text: 'next', end: 16 },
  ]);
});

test('numbers lines alike however they came', () => {
  const file = join(root, 'alike');
  const all = Array.from({ length: 5000 }, (_, index) => `${index} ${'x'.repeat(index % 300)}`);
  writeFileSync(file, `${all.join('\n')}\n`);
  const atOnce = new GrowingLines(file).next();
  expect(atOnce.map(({ text }) => text)).toEqual(all);
  const other = join(root, 'other');
  const lines = new GrowingLines(other);
  const bit = all.flatMap((line) => {
    appendFileSync(other, `${line}\n`);
    return lines.next();
  });
  expect(bit).toEqual(atOnce);
});

test('begins again where the file was made anew', () => {
  const file = join(root, 'anew');
  writeFileSync(file, 'a long line\n');
  const lines = new GrowingLines(file);
  expect(lines.next()).toHaveLength(1);
  writeFileSync(file, 'new\n');
  expect(lines.next()).toEqual([{ text: 'new', end: 4 }]);
});
