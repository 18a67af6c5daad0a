import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { exitCodeOf, runCommand } from '../../commands/run-command';
import { InputError } from '../../config';
import { describeExitCodes, EXIT } from '../../machine/exit-codes';
import { MissingPackagesError } from '../../setup/system-packages';

const root = join(__dirname, '../..');

test('the page of exit codes has the table that the commands have', () => {
  const page = readFileSync(join(root, 'docs/reference/exit-codes.md'), 'utf8');
  const rows = [...page.matchAll(/^\| (\d+) \| (.+) \|$/gm)].map(([, code, meaning]) => `${code} ${meaning}`);
  expect(describeExitCodes()).toBe(`Exit codes: ${rows.join(', ')}.`);
  expect(rows).toHaveLength(Object.keys(EXIT).length);
});

const COMMANDS = [
  ...[
    'start',
    'doctor',
    'privileges',
    'setup',
    'template',
    'node',
    'open',
    'credentials',
    'shell',
    'orphans',
    'snapshot',
    'backup',
    'test',
    'report',
    'watch',
    'graph',
    'list',
    'compare',
    'trace',
    'analyse',
  ].map((name) => `commands/${name}.ts`),
  ...['plan', 'resources', 'qos', 'load'].map((name) => `measure/${name}.ts`),
];

test.each(COMMANDS)(
  '%s shows an example and the exit codes with --help, and refuses what it does not know',
  async (file) => {
    const run = (argument: string) =>
      promisify(execFile)(process.execPath, ['--require', require.resolve('tsx/cjs'), file, argument], {
        cwd: root,
      });
    const { stdout } = await run('--help');
    expect(stdout).toContain(describeExitCodes());
    expect(stdout).toMatch(/\n {2}(npm|PROXMOX_VE|npx)/);
    await expect(run('--no-such-option')).rejects.toMatchObject({ code: EXIT.badInput });
  },
);

test('the code of an error follows from its kind', () => {
  expect(exitCodeOf(new InputError('lab.yaml'))).toBe(EXIT.badInput);
  expect(exitCodeOf(new MissingPackagesError('tc'))).toBe(EXIT.missing);
  expect(exitCodeOf(new Error('the node does not answer'))).toBe(EXIT.failed);
});

test('a clone that cannot be written is bad input, and said with what to do', async () => {
  const said = jest.spyOn(console, 'error').mockImplementation(() => undefined);
  const fault = Object.assign(new Error('EACCES: permission denied'), {
    code: 'EACCES',
    path: join(root, 'cdktf.out'),
  });
  await runCommand(() => Promise.reject(fault));
  expect(said.mock.calls).toEqual([
    [expect.stringMatching(/cdktf\.out cannot be written \(EACCES\): .*a clone that you may write in/)],
  ]);
  expect(process.exitCode).toBe(EXIT.badInput);
  process.exitCode = undefined;
  said.mockRestore();
});

describe('an error that ends a command', () => {
  const shown: unknown[] = [];
  beforeEach(() => {
    shown.length = 0;
    jest.spyOn(console, 'error').mockImplementation((text) => shown.push(text));
  });
  afterEach(() => {
    jest.restoreAllMocks();
    process.exitCode = undefined;
  });

  test('is shown as text if it is known to happen', async () => {
    await runCommand(() => Promise.reject(new InputError('lab.yaml:1:1  name: missing')));
    expect(shown).toEqual(['lab.yaml:1:1  name: missing']);
    expect(process.exitCode).toBe(EXIT.badInput);
  });

  test('is shown with its stack trace if it is a bug, which is no bad input', async () => {
    const bug = new TypeError('undefined is not a function');
    await runCommand(() => Promise.reject(bug));
    expect(shown).toEqual([bug]);
    expect(process.exitCode).toBe(EXIT.failed);
  });
});
