import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

/** Somebody sets the clock on by this much once a program has read it the first time, seconds. */
const STEP = 5;
const STEPPING = `
import time
_read, _calls = time.time, [0]
def _stepped():
    _calls[0] += 1
    return _read() + (${STEP} if _calls[0] > 1 else 0)
time.time = _stepped
`;

const programs = join(__dirname, '../../../measure/collect/programs');

/** The lines of JSON that a program prints on a machine whose clock is set meanwhile. */
async function linesOf(
  name: string,
  args: readonly string[],
  input: string,
  lines: number,
): Promise<unknown[]> {
  const source = `${STEPPING}\n${readFileSync(join(programs, name), 'utf8')}`;
  const program = spawn('python3', ['-c', source, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  program.stdin.write(input);
  let printed = '';
  for await (const chunk of program.stdout) {
    printed += chunk;
    if (printed.split('\n').length > lines) break;
  }
  program.stdin.end();
  if (program.exitCode === null) {
    program.kill();
    await once(program, 'exit');
  }
  return printed
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

test('the reader tells times that a clock set meanwhile does not change', async () => {
  const server = createServer((_request, response) => response.end('a page')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const script = { host: '127.0.0.1', port, pages: ['/', '/'], thinkSeconds: [0.01], delaySeconds: 0 };
  const input = `${JSON.stringify({ ...script, connections: 1, timeoutSeconds: 5 })}\n`;
  const transfers = (await linesOf('reader.py', [], input, 2)) as Record<string, number>[];
  server.close();
  expect(transfers).toHaveLength(2);
  const times = transfers.flatMap(({ intendedAt, startedAt, firstByteAt, endedAt }) => [
    intendedAt ?? 0,
    startedAt ?? 0,
    firstByteAt ?? 0,
    endedAt ?? 0,
  ]);
  expect(times).toEqual([...times].sort((a, b) => a - b));
  expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeLessThan(STEP / 2);
});

test('the sampler tells times that a clock set meanwhile does not change', async () => {
  const [, ...samples] = (await linesOf('sampler.py', ['0.01'], '', 4)) as { time: number }[];
  const times = samples.map(({ time }) => time);
  expect(times).toEqual([...times].sort((a, b) => a - b));
  expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeLessThan(STEP / 2);
});

test('a capture tells by how much the clock that stamps its packets was set meanwhile', async () => {
  const source = `${STEPPING}\n${readFileSync(join(programs, 'capture.py'), 'utf8')}`;
  const filter = ['lo', '127.0.0.1', '80', '128', '1', '127.0.0.1'];
  const inNetwork = [
    '--user',
    '--map-root-user',
    '--net',
    'sh',
    '-c',
    'ip link set lo up && exec "$@"',
    'sh',
  ];
  const program = spawn('unshare', [...inNetwork, 'python3', '-c', source, ...filter]);
  let said = '';
  for await (const chunk of program.stderr) {
    said += chunk;
    program.stdin.end();
  }
  const [start, report] = said.trim().split('\n');
  expect(JSON.parse(start ?? '')).toEqual({ listening: 'lo' });
  const { clockStep } = JSON.parse(report ?? '') as { clockStep: number };
  expect(Math.abs(clockStep - STEP)).toBeLessThan(STEP / 2);
});
