import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { identify, processesNaming, waitForEnd } from '../../machine/processes';
import { removeTree, requireOwner, runContained, runner } from '../../template/build-process';

const isRoot = process.getuid?.() === 0;
const env = process.env;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'build-process-'));
});
afterEach(() => removeTree(directory, { env, isRoot }));

/** A stand-in for mmdebstrap: mounts something, starts a process of its own and goes on for ever. */
const endless = (mark: string): string[] => [
  '-c',
  `mkdir "$TMPDIR/tree"; mount -t tmpfs ${mark} "$TMPDIR/tree"; touch "$TMPDIR/tree/file"
   sh -c 'sleep 600; :' "$0.child" & echo begun >&2; wait`,
  mark,
];

const contained = (options: { signal?: AbortSignal; onLine?: (line: string) => void }) => ({
  env,
  isRoot,
  input: '',
  outputFile: join(directory, 'output'),
  temporaryDirectory: directory,
  onLine: () => undefined,
  ...options,
});

/** Resolves to what has not ended within 10 s; `mark` stands in the command lines of all. */
async function leftOf(mark: string): Promise<string[]> {
  for (const { pid } of processesNaming(mark)) {
    const process = identify(pid);
    if (process) await waitForEnd(process, 10_000);
  }
  return processesNaming(mark).map(({ commandLine }) => commandLine);
}

it('runs a program as root over files of its own, with its input, output, errors and exit code', async () => {
  const lines: string[] = [];
  const script = 'id -u; cat; echo "$TMPDIR" >&2; exit 3';
  const options = { ...contained({ onLine: (line) => lines.push(line) }), input: 'from outside\n' };
  expect(await runContained('sh', ['-c', script], options)).toBe(3);
  expect(readFileSync(join(directory, 'output'), 'utf8')).toBe('0\nfrom outside\n');
  expect(lines).toEqual([directory]);
});

it('ends a program that was stopped with all its processes and mounts, and throws the reason', async () => {
  const mark = `stopped-${process.pid}`;
  const controller = new AbortController();
  const onLine = (): void => controller.abort(new Error('by the test'));
  const options = contained({ signal: controller.signal, onLine });
  await expect(runContained('sh', endless(mark), options)).rejects.toThrow('by the test');
  expect(await leftOf(mark)).toEqual([]);
  expect(readFileSync('/proc/self/mounts', 'utf8')).not.toContain(mark);
  expect(readdirSync(join(directory, 'tree'))).toEqual([]);
});

it('does not begin what was stopped before', async () => {
  const signal = AbortSignal.abort(new Error('before'));
  await expect(runContained('sh', ['-c', 'true'], contained({ signal }))).rejects.toThrow('before');
  expect(readdirSync(directory)).toEqual([]);
});

it('gives an exit code other than 0 where the program is missing', async () => {
  expect(await runContained('no-such-program', [], contained({}))).toBeGreaterThan(0);
});

it('leaves nothing running or mounted when its builder is killed with SIGKILL', async () => {
  const mark = `killed-${process.pid}`;
  const program = `
    const { runContained } = require('./template/build-process');
    runContained('sh', ${JSON.stringify(endless(mark))}, {
      env: process.env, isRoot: ${isRoot}, input: '', outputFile: ${JSON.stringify(join(directory, 'output'))},
      temporaryDirectory: ${JSON.stringify(directory)}, onLine: console.log,
    });`;
  const root = join(__dirname, '../..');
  const builder = spawn(process.execPath, ['--require', 'tsx/cjs', '--eval', program], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(builder.stdout, 'data');
  expect(processesNaming(mark).length).toBeGreaterThan(1);
  builder.kill('SIGKILL');
  await once(builder, 'exit');
  expect(await leftOf(mark)).toEqual([]);
  expect(readFileSync('/proc/self/mounts', 'utf8')).not.toContain(mark);
});

it('says what an ordinary user lacks who may not make a user namespace, and asks nothing of root', async () => {
  const stub = '#!/bin/sh\necho "unshare: no line matching user in /etc/subuid" >&2\nexit 1\n';
  writeFileSync(join(directory, 'unshare'), stub, { mode: 0o755 });
  const without = { env: { ...env, PATH: `${directory}:${env.PATH}` } };
  await expect(requireOwner({ ...without, isRoot: false })).rejects.toThrow(
    /no line matching user in \/etc\/subuid; .*--add-subuids/,
  );
  await requireOwner({ ...without, isRoot: true });
});

it('returns what a program wrote, and rejects with its errors where it fails', async () => {
  const run = runner({ env, isRoot }, true);
  expect(await run('id', '-u')).toBe('0\n');
  await expect(run('sh', '-c', 'echo broken >&2; exit 1')).rejects.toThrow('broken');
});
