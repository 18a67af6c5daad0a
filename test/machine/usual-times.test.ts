import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UsualTimes } from '../../machine/usual-times';

const root = mkdtempSync(join(tmpdir(), 'usual-times-'));
afterAll(() => rmSync(root, { recursive: true }));

test('a time is known once it was kept, and the last one counts', () => {
  const file = join(root, 'new/times.json');
  const times = new UsualTimes(file);
  expect(times.of('deploy')).toBeUndefined();
  times.keep('deploy', 115.04);
  times.keep('destroy', 9);
  times.keep('deploy', 98);
  expect(new UsualTimes(file).of('deploy')).toBe(98);
  expect(times.of('destroy')).toBe(9);
});

test('a file that is broken, or cannot be written, is as good as none', () => {
  const file = join(root, 'times.json');
  writeFileSync(file, '{"deploy":');
  expect(new UsualTimes(file).of('deploy')).toBeUndefined();
  new UsualTimes(file).keep('deploy', 5);
  expect(new UsualTimes(file).of('deploy')).toBe(5);
  writeFileSync(file, '{"deploy":"long"}');
  expect(new UsualTimes(file).of('deploy')).toBeUndefined();
  expect(() => new UsualTimes(join(root, 'times.json/inside')).keep('deploy', 5)).not.toThrow();
});
