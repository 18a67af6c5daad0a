import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommandError, run, start } from '../../machine/command';
import { processesNaming } from '../../machine/processes';

const directory = mkdtempSync(join(tmpdir(), 'command-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test('every argument reaches the program as it is, whatever a shell would make of it', async () => {
  const odd = [
    'a b',
    "it's",
    '"',
    '$(id)',
    '`id`',
    '-x',
    'two\nlines',
    '',
    '~',
    '*',
    '\\n',
    '#',
    'é',
    'A=B',
    '; id',
  ];
  const program = 'process.stdout.write(JSON.stringify(process.argv.slice(1)))';
  expect(JSON.parse(await run([process.execPath, '-e', program, '--', ...odd]))).toEqual(odd);
});

test('the program is the process that was started, with no shell between', async () => {
  const sleeping = start(['sleep', '600']);
  sleeping.child?.kill('SIGTERM');
  expect(await sleeping).toMatchObject({ exitCode: null, signal: 'SIGTERM' });
});

test('what the program reads ends with the input, and is empty where none is given', async () => {
  expect(await run(['cat'], { input: 'one\ntwo' })).toBe('one\ntwo');
  expect(await run(['cat'])).toBe('');
  expect(await run(['true'], { input: 'x'.repeat(1_000_000) })).toBe('');
});

test('a failure carries the exit code and the last words of the program', async () => {
  const failing = run(['sh', '-c', 'echo first; echo cause >&2; exit 3']);
  await expect(failing).rejects.toThrow('sh: exit code 3: cause');
  await expect(failing).rejects.toMatchObject({ exitCode: 3, stderr: 'cause\n' });
  await expect(run(['sh', '-c', 'kill -KILL $$'])).rejects.toThrow('sh: ended by SIGKILL');
});

test.each(['no-such-program', '/no/such/program'])(
  '%s, which is not there, is said with what to do',
  async (name) => {
    await expect(run([name])).rejects.toThrow(`${name}: not found; \`npm run doctor\` names its package`);
  },
);

test('a program in a directory that is not there cannot be run', async () => {
  await expect(run(['true'], { cwd: join(directory, 'gone') })).rejects.toThrow(CommandError);
});

test('a time-out ends the program with everything that it started', async () => {
  const mark = join(directory, 'mark');
  const program = `sh -c 'sleep 600; : > "$0"' ${mark} & sleep 600`;
  await expect(run(['sh', '-c', program], { timeout: 300 })).rejects.toThrow('not finished after 300 ms');
  expect(processesNaming(mark)).toEqual([]);
  expect(existsSync(mark)).toBe(false);
});

test('a stop ends the program and throws its reason', async () => {
  const stop = new AbortController();
  const running = run(['sleep', '600'], { signal: stop.signal });
  stop.abort(new Error('the user has had enough'));
  await expect(running).rejects.toThrow('the user has had enough');
  await expect(run(['true'], { signal: stop.signal })).rejects.toThrow('the user has had enough');
});

test('a program that prints without end is ended', async () => {
  await expect(run(['yes'])).rejects.toThrow('printed more than 16777216 bytes');
});

test('programs get the environment without the secrets of the provider, and nothing of BASH_ENV', async () => {
  const before = { ...process.env };
  try {
    process.env.PROXMOX_VE_API_TOKEN = 'secret-1';
    process.env.PROXMOX_VE_PASSWORD = 'secret-2';
    process.env.PROXMOX_VE_SSH_PASSWORD = 'secret-3';
    process.env.PROXMOX_VE_SSH_PRIVATE_KEY = 'secret-4';
    process.env.PROXMOX_VE_ENDPOINT = 'https://pve.example.org:8006';
    process.env.BASH_ENV = join(directory, 'sourced');
    const seen = await run(['env']);
    expect(seen).toContain('PROXMOX_VE_ENDPOINT=https://pve.example.org:8006');
    expect(seen).not.toMatch(/secret-|BASH_ENV/);
  } finally {
    process.env = before;
  }
});
