import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(__dirname, '../..');
const directory = mkdtempSync(join(tmpdir(), 'opentofu-'));
afterAll(() => rmSync(directory, { recursive: true }));

test('where OpenTofu is all there is, the lab takes it', () => {
  writeFileSync(join(directory, 'tofu'), '#!/bin/sh\n');
  chmodSync(join(directory, 'tofu'), 0o755);
  const asked = "import('./setup/provider.ts').then((m) => console.log((m.default ?? m).terraformCommand()))";
  const command = (env: NodeJS.ProcessEnv) =>
    spawnSync(process.execPath, ['--import', 'tsx', '--eval', asked], { cwd: root, env, encoding: 'utf8' });
  const alone = command({ PATH: directory, TERRAFORM_BINARY_NAME: 'tofu' });
  expect(alone.stdout.trim()).toBe('tofu');
});

test.each(['setup', 'start'])('npm run %s says with --help which variable chooses it', (name) => {
  const help = spawnSync(process.execPath, ['--import', 'tsx', `commands/${name}.ts`, '--help'], {
    cwd: root,
    encoding: 'utf8',
  });
  expect(help.stdout).toContain('TERRAFORM_BINARY_NAME (terraform where it is on PATH, else tofu');
});

test('README.md says what npx cdktf wants then', () => {
  expect(readFileSync(join(root, 'README.md'), 'utf8')).toContain('export TERRAFORM_BINARY_NAME=tofu');
});
