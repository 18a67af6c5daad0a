import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InputError } from '../../config/input-error';
import { readLab } from '../../config/lab-file';
import { decode, readText } from '../../config/read-text';
import { testUnless } from '../skip';

const directory = mkdtempSync(join(tmpdir(), 'read-text-'));
afterAll(() => rmSync(directory, { recursive: true }));

test.each([
  ['a directory', '.', 'it is a directory'],
  ['nothing', 'absent', 'there is no such file'],
  ['a file below a file', 'file/below', 'a part of its path is no directory'],
  ['a link to itself', 'circle', 'its links go round in a circle'],
  ['a name that is too long', 'x'.repeat(300), 'its name is too long'],
])('%s in place of lab.yaml is bad input, told in one sentence', (_, name, why) => {
  writeFileSync(join(directory, 'file'), '');
  rmSync(join(directory, 'circle'), { force: true });
  symlinkSync('circle', join(directory, 'circle'));
  const file = join(directory, name);
  expect(() => readLab(file)).toThrow(InputError);
  expect(() => readLab(file)).toThrow(new RegExp(`^cannot read the experiment \\(LAB_FILE\\): .*: ${why}$`));
});

const lacking = process.getuid?.() === 0 ? 'root may read every file' : undefined;
testUnless(lacking)('a file that one may not read is told so', async () => {
  const file = join(directory, 'secret');
  writeFileSync(file, 'name: lab\n');
  chmodSync(file, 0);
  expect(() => readText(file, 'it')).toThrow(/you may not read it$/);
});

test('a mark of UTF-8 and line ends of Windows are as good as any', () => {
  expect(decode(Buffer.from('\uFEFFname: lab\r\n'), 'lab.yaml')).toBe('name: lab\r\n');
});
