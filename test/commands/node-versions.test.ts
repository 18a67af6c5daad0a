import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

const root = join(__dirname, '../..');
const text = (file: string) => readFileSync(join(root, file), 'utf8');

test('README.md, package.json and the first line of every command name the same oldest Node.js', () => {
  const { engines } = JSON.parse(text('package.json')) as { engines: { node: string } };
  const [, oldest = 'none'] = /^>=(\d+\.\d+)$/.exec(engines.node) ?? [];
  expect(text('README.md')).toContain(`[Node.js](https://nodejs.org) ${oldest} or later`);
  expect(text('commands/bootstrap.mjs')).toContain(`version ${oldest} or later is needed`);
});

test('the versions of Node.js that README.md says are tested are those that are', () => {
  const { jobs } = parse(text('.github/workflows/ci.yml')) as {
    jobs: { fast: { strategy: { matrix: { node: number[] } } } };
  };
  const [, said = ''] = /\(tested with ([\d, and]+)\)/.exec(text('README.md').replace(/\s+/g, ' ')) ?? [];
  expect(said.match(/\d+/g)?.map(Number)).toEqual(jobs.fast.strategy.matrix.node);
});

test('the terminal in which cdktf runs Terraform has a binary for every version of Node.js', () => {
  const { name } = JSON.parse(text('node_modules/@cdktf/node-pty-prebuilt-multiarch/package.json')) as {
    name: string;
  };
  const packages = join(root, 'node_modules', name, '..');
  const binaries = readdirSync(packages, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('/pty.node'))
    .map((file) => join(packages, file));
  expect(binaries).not.toEqual([]);
  // Node-API, which stays the same; without it a binary is for one version alone.
  for (const file of binaries) {
    expect(readFileSync(file).includes('napi_register_module_v1')).toBe(true);
  }
});
