import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keepState } from '../../experiment/terraform-state';

const WHOLE = JSON.stringify({ version: 4, serial: 7, resources: [{ mode: 'managed' }] });
const OLDER = JSON.stringify({ version: 4, serial: 6, resources: [] });

let directory: string;
let file: string;
const content = () => readFileSync(file, 'utf8');

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'terraform-state-'));
  file = join(directory, 'terraform.lab.tfstate');
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

test.each([
  ['nothing', ''],
  ['a half', WHOLE.slice(0, 30)],
  ['something else', '[]'],
])('a state of which %s is left is put back from the last whole one, and kept aside', (_what, left) => {
  writeFileSync(file, WHOLE);
  expect(keepState(file)).toBeUndefined();
  writeFileSync(file, left);
  expect(keepState(file)).toBe(`${file}.kept`);
  expect(content()).toBe(WHOLE);
  expect(readFileSync(`${file}.damaged`, 'utf8')).toBe(left);
});

test("without a copy of ours, Terraform's own backup is taken", () => {
  writeFileSync(file, '');
  writeFileSync(`${file}.backup`, OLDER);
  expect(keepState(file)).toBe(`${file}.backup`);
  expect(content()).toBe(OLDER);
});

test('a damaged state without any whole copy is refused and left as it is', () => {
  writeFileSync(file, '{');
  expect(() => keepState(file)).toThrow(/is damaged and there is no whole copy/);
  expect(content()).toBe('{');
});

test('where there is no state, none is made', () => {
  expect(keepState(file)).toBeUndefined();
});
