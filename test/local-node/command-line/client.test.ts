import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const source = join(__dirname, '..', '..', '..', 'local-node', 'command-line', 'client.py');
const directory = mkdtempSync(join(tmpdir(), 'client-'));
const program = join(directory, 'qm');
let server: Server | undefined;

afterEach(() => server?.close());
afterAll(() => rmSync(directory, { recursive: true }));

/** Runs `qm ARGS` against a node that answers these lines; `asked` is what the node got. */
async function ask(lines: readonly object[], args: readonly string[] = []) {
  const socket = join(directory, `${Math.random()}`.slice(2));
  let asked = '';
  server = createServer((client) => {
    client.on('data', (chunk) => {
      asked += chunk.toString();
      client.end(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    });
  }).listen(socket);
  writeFileSync(program, readFileSync(source, 'utf8').replace('@SOCKET@', socket), { mode: 0o755 });
  return new Promise<{ code: unknown; stdout: string; stderr: string; asked: unknown }>((resolve) => {
    execFile('python3', [program, ...args], (error, stdout, stderr) => {
      resolve({ code: error ? error.code : 0, stdout, stderr, asked: JSON.parse(asked) });
    });
  });
}

test('a program tells the node its name and arguments, and ends as it is told', async () => {
  expect(await ask([{ exit: 2, stdout: 'out\n', stderr: 'err\n' }], ['start', '100'])).toEqual({
    code: 2,
    stdout: 'out\n',
    stderr: 'err\n',
    asked: { program: 'qm', arguments: ['start', '100'] },
  });
});

test('what comes before the end is shown before it', async () => {
  const { code, stdout } = await ask([
    { stdout: 'first\n' },
    { stdout: 'second\n' },
    { exit: 0, stdout: 'last\n' },
  ]);
  expect([code, stdout]).toEqual([0, 'first\nsecond\nlast\n']);
});

test('a node that goes away in the middle is no success', async () => {
  const { code, stdout, stderr } = await ask([{ stdout: 'first\n' }]);
  expect([code, stdout, stderr]).toEqual([1, 'first\n', 'qm: the node has gone away\n']);
});

test('a command is run in the place of the program', async () => {
  const further = { kind: 'exec', argv: ['sh', '-c', 'echo within; exit 7'] };
  expect(await ask([{ exit: 0, further }])).toMatchObject({ code: 7, stdout: 'within\n' });
});
