import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { environmentReference, environmentVariables } from '../../config/environment-variables';
import { labJsonSchema, labReference } from '../../config/lab-reference';
import { roleReference } from '../../config/role-reference';
import { coverageReference } from '../../local-node/api/coverage';
import { rawDataReference } from '../../measure/run/reference';
import { expectPage } from './page';

const root = join(__dirname, '../..');

test('the page of lab.yaml is that of its schema', () => {
  expectPage('lab-yaml.md', labReference());
});

test('the page of roles is that of their schema', () => {
  expectPage('roles.md', roleReference());
});

test('the page of API coverage is that of the routes and of the schema', () => {
  expectPage('api-coverage.md', coverageReference());
});

test('the page of raw data is that of the records', () => {
  expectPage('raw-data.md', rawDataReference());
});

test('the page of the environment is that of the variables', () => {
  expectPage('environment.md', environmentReference());
});

test('the schema for editors is that of lab.yaml, and lab.yaml names it in its first line', () => {
  const file = join(root, 'config/lab.schema.json');
  if (process.env.UPDATE_DOCS) writeFileSync(file, labJsonSchema());
  expect(readFileSync(file, 'utf8')).toBe(labJsonSchema());
  const [first] = readFileSync(join(root, 'lab.yaml'), 'utf8').split('\n');
  expect(first).toBe('# yaml-language-server: $schema=./config/lab.schema.json');
});

test('every variable that the source reads is in the page of the environment', () => {
  const listed = execFileSync(
    'git',
    ['ls-files', '--cached', '--others', '--exclude-standard', '*.ts', '*.mjs'],
    {
      cwd: root,
      encoding: 'utf8',
    },
  );
  const sources = listed
    .trim()
    .split('\n')
    .filter((file) => !/^(test|bench)\//.test(file));
  const read = sources.flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(/\benv(?:ironment)?\.([A-Z][A-Z0-9_]+)/g)].map(
      ([, name]) => name ?? '',
    ),
  );
  // INIT_CWD is npm's own: where it was called.
  const others = ['HOME', 'PATH', 'SSH_AUTH_SOCK', 'INIT_CWD'];
  expect(
    [...new Set(read)].filter((name) => !(name in environmentVariables) && !others.includes(name)),
  ).toEqual([]);
});
