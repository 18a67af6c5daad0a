import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { askToStop } from '../../experiment/cdktf';
import { start } from '../../machine/command';
import { pids } from '../../machine/processes';
import { ensureTerraformGuard } from '../../setup/terraform-guard';

const GUARD = join(__dirname, '../../stacks/hooks/terraform-guard.sh');

/** Notes each SIGINT, and ends some time after the first with the exit code 3; at a SIGTERM or SIGHUP it ends at once. */
const TERRAFORM = `#!/usr/bin/env python3
import os, signal, time
asked = []
signal.signal(signal.SIGINT, lambda *_: asked.append(1))
with open(os.environ['HEARD'] + '.up', 'w'): pass
for _ in range(200):
    time.sleep(0.05)
    if asked: break
time.sleep(0.5)
with open(os.environ['HEARD'], 'w') as heard: heard.write(str(len(asked)))
raise SystemExit(3)
`;

let directory: string;
let heard: string;
let environment: NodeJS.ProcessEnv;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'terraform-guard-'));
  heard = join(directory, 'heard');
  mkdirSync(join(directory, 'bin'));
  writeFileSync(join(directory, 'bin/terraform'), TERRAFORM);
  chmodSync(join(directory, 'bin/terraform'), 0o755);
  environment = { ...process.env, HEARD: heard, PATH: `${directory}/bin:${process.env.PATH}` };
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

async function told(file: string): Promise<string> {
  for (let wait = 0; wait < 1000; wait += 1) {
    try {
      return readFileSync(file, 'utf8');
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  throw new Error(`${file} does not come`);
}

test.each(['SIGHUP', 'SIGINT', 'SIGTERM'] as const)(
  'of many a %s to all programs of a terminal, Terraform hears one SIGINT and ends by itself',
  async (name) => {
    const guard = spawn(GUARD, [], {
      env: { ...environment, LAB_TERRAFORM: 'terraform' },
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    });
    const end = once(guard, 'exit');
    await told(`${heard}.up`);
    for (let time = 0; time < 3; time += 1) {
      process.kill(-Number(guard.pid), name);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(await end).toEqual([3, null]);
    expect(await told(heard)).toBe('1');
  },
);

test('a terminal of cdktf that hangs up asks Terraform to stop, which ends by itself', async () => {
  const terminal = spawn('script', ['--quiet', '--command', GUARD, '/dev/null'], {
    env: { ...environment, LAB_TERRAFORM: 'terraform' },
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  await told(`${heard}.up`);
  terminal.kill('SIGKILL');
  expect(await told(heard)).toBe('1');
});

test('Terraform is asked to stop once, however often npm start is', async () => {
  const program = start(['bash', '-c', `${GUARD}; true`], {
    cwd: directory,
    ownGroup: true,
    env: { ...environment, LAB_TERRAFORM: join(directory, 'bin/terraform') },
  });
  await told(`${heard}.up`);
  for (let time = 0; time < 3; time += 1) {
    askToStop(program);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await program;
  expect(await told(heard)).toBe('1');
});

describe('as a link where npx looks first', () => {
  test('it runs the next program of its name, with the arguments and the input of the caller', () => {
    writeFileSync(join(directory, 'bin/tofu'), '#!/bin/sh\necho "$# $1"\nexec cat\n', { mode: 0o755 });
    mkdirSync(join(directory, 'node_modules/.bin'), { recursive: true });
    mkdirSync(join(directory, 'stacks/hooks'), { recursive: true });
    symlinkSync(GUARD, join(directory, 'stacks/hooks/terraform-guard.sh'));
    for (let time = 0; time < 2; time += 1) ensureTerraformGuard(directory);
    const path = `${directory}/node_modules/.bin:${environment.PATH}`;
    const { stdout, status } = spawnSync('tofu', ['a b'], {
      env: { ...environment, PATH: path },
      input: 'said',
      encoding: 'utf8',
    });
    expect([stdout, status]).toEqual(['1 a b\nsaid', 0]);
  });

  test('a program that is not installed is not found, as without it', () => {
    const { stderr, status } = spawnSync(GUARD, {
      env: { ...environment, LAB_TERRAFORM: 'no-such-tofu' },
      encoding: 'utf8',
    });
    expect([stderr, status]).toEqual(['no-such-tofu: not found on PATH\n', 127]);
  });
});

test('no program is left of these tests', () => {
  const left = pids().filter((pid) => commandLine(pid).includes('terraform-guard-'));
  expect(left).toEqual([]);
});

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
