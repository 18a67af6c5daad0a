import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const ROOT = join(__dirname, '../..');
const WAIT = `setInterval(() => {}, 1000); console.log('up', process.pid);`;
const TERMINAL = `require('./machine/terminal-end').whenTerminalEnds(() => console.log('closed'));`;
const MEASURE = `const signal = require('./measure/interruption').interruption(console.log);
signal.addEventListener('abort', () => console.log('closed'));`;

/** What a program says; `next()` waits for a line. */
function lines(child: ChildProcess): { next(): Promise<string>; rest(): Promise<readonly string[]> } {
  if (!child.stdout) throw new Error('no output');
  const said = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => (await said.next()).value ?? '';
  const rest = async (): Promise<readonly string[]> => {
    const all: string[] = [];
    for (let line = await said.next(); !line.done; line = await said.next()) all.push(line.value);
    return all;
  };
  return { next, rest };
}

const node = (script: string): string[] => ['--require', 'tsx/cjs', '-e', script];

test.each([
  ['a command', TERMINAL, ['SIGHUP', 'SIGHUP']],
  ['a measurement', MEASURE, ['SIGHUP', 'SIGTERM', 'SIGTERM', 'SIGHUP']],
] as const)(
  '%s hears of the end of its terminal once, whatever the signals, and lives on',
  async (_, script, signals) => {
    const child = spawn(process.execPath, node(script + WAIT), { cwd: ROOT, detached: true });
    const said = lines(child);
    expect(await said.next()).toMatch(/^up/);
    for (const signal of signals) {
      child.kill(signal);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(await said.next()).toBe('closed');
    child.kill('SIGKILL');
    expect(await said.rest()).toEqual([]);
  },
);

test.each([
  ['npm itself is killed, and its shell lives', 'npm'],
  ['the shell between is killed', 'shell'],
] as const)('a command hears once that %s', async (_, killed) => {
  // As npm: a process of this name, a shell, and the command; the shell has something left to do.
  const npm = `process.title = 'npm run x';
const stdio = ['ignore', 'inherit', 'inherit'];
const shell = require('child_process').spawn('sh', ['-c', process.env.COMMAND + '; true'], { stdio });
console.log('shell', shell.pid);
setInterval(() => {}, 1000);`;
  const env = {
    ...process.env,
    SCRIPT: TERMINAL + WAIT,
    COMMAND: `'${process.execPath}' --require tsx/cjs -e "$SCRIPT"`,
    npm_lifecycle_event: 'x',
  };
  const parent = spawn(process.execPath, ['-e', npm], { cwd: ROOT, env, detached: true });
  try {
    const said = lines(parent);
    const shell = Number((await said.next()).split(' ')[1]);
    const up = await said.next();
    expect(up).toMatch(/^up/);
    if (killed === 'npm') parent.kill('SIGKILL');
    else process.kill(shell, 'SIGKILL');
    expect(await said.next()).toBe('closed');
    process.kill(Number(up.split(' ')[1]), 'SIGKILL');
    parent.kill('SIGKILL');
    expect(await said.rest()).toEqual([]);
  } finally {
    killGroup(parent);
  }
});

test('a command that writes to a closed terminal goes on to its end', async () => {
  const script = `require('./commands/run-command').runCommand(async () => {
  const alive = setInterval(() => {}, 1000); // waiting for a signal alone keeps no program running
  const closed = new Promise((resolve) => process.on('SIGHUP', resolve));
  console.log('up', process.pid);
  await closed;
  clearInterval(alive);
  for (let line = 0; line < 3; line += 1) { console.log('lost'); console.error('lost'); await new Promise((resolve) => setTimeout(resolve, 20)); }
  require('node:fs').writeSync(3, 'done');
  return 0;
});`;
  const env = { ...process.env, SCRIPT: script };
  const command = `'${process.execPath}' --require tsx/cjs -e "$SCRIPT"`;
  // The terminal's program is told what to run, and the fourth stream is no part of the terminal.
  const terminal = spawn('script', ['--quiet', '--flush', '--command', command, '/dev/null'], {
    cwd: ROOT,
    env,
    stdio: ['pipe', 'pipe', 'inherit', 'pipe'],
  });
  const outcome = new Promise<string>((resolve) => {
    terminal.stdio[3]?.once('data', (data: Buffer) => resolve(data.toString()));
    terminal.stdio[3]?.once('end', () => resolve('it ended before'));
  });
  expect(await lines(terminal).next()).toMatch(/^up/);
  terminal.kill('SIGKILL');
  expect(await outcome).toBe('done');
});

function killGroup({ pid }: ChildProcess): void {
  try {
    process.kill(-Number(pid), 'SIGKILL');
  } catch {
    // All of it has ended.
  }
}
