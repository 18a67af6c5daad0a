import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { jsonParts, writeJson } from '../../commands/write-json';

test('JSON that is written in parts is the text of JSON.stringify', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      expect([...jsonParts(value)].join('')).toBe(JSON.stringify(value, null, 1));
    }),
    { seed: 12, numRuns: 500 },
  );
});

test('no part grows with the length of a list', () => {
  const longest = (length: number): number =>
    Math.max(...[...jsonParts({ sessions: new Array(length).fill({ a: 1 }) })].map((part) => part.length));
  expect(longest(10_000)).toBe(longest(10));
});

test('it is written to a slow reader as a whole', async () => {
  const output = new PassThrough({ highWaterMark: 100 });
  const value = { list: Array.from({ length: 20_000 }, (_, index) => ({ index })) };
  const [read] = await Promise.all([text(output), writeJson(value, output).then(() => output.end())]);
  expect(JSON.parse(read)).toEqual(value);
});
