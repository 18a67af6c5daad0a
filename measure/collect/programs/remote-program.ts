import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Shell } from '../../../proxmox/node-shell';
import type { RecordFault } from '../checked';
import { jsonLines } from '../json-lines';

/**
 * The command that runs one of programs/*.py on the node, in a client's namespace or in a guest. The program travels as an
 * argument: nothing is left behind, and standard input stays free.
 */
export function remoteProgram(
  name:
    | 'sampler'
    | 'capture'
    | 'offloads'
    | 'reader'
    | 'load'
    | 'probe'
    | 'environment'
    | 'benchmark'
    | 'package-versions',
  ...args: readonly (string | number)[]
): readonly string[] {
  const source = readFileSync(join(__dirname, `${name}.py`), 'utf8');
  return ['python3', '-c', source, ...args.map(String)];
}

/**
 * Runs a program that reads its script as one line of JSON and prints lines of JSON, to its end or until the signal cuts
 * it off. If it breaks, `fault` says how, and the lines are all that can be read: a program that is killed may leave half a
 * line behind.
 */
export async function runScript(
  shell: Shell,
  command: readonly string[],
  script: unknown,
  signal: AbortSignal,
): Promise<{ readonly lines: readonly unknown[]; readonly fault: string | null }> {
  const running = await shell.start(command);
  const kill = () => running.kill();
  signal.addEventListener('abort', kill, { once: true });
  running.stdin.on('error', () => {}); // The program may end without reading; its exit code tells.
  // Left open: its end tells a program that nobody waits for it any more.
  running.stdin.write(`${JSON.stringify(script)}\n`);
  let stderr = '';
  running.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString('utf8');
  });
  const lines: unknown[] = [];
  let refused: string | null = null;
  const refuse = ({ message }: RecordFault) => {
    refused ??= message;
  };
  try {
    for await (const line of jsonLines(running.stdout, refuse)) lines.push(line);
    const code = await running.ended;
    const said = stderr.trim().split('\n').at(-1);
    return { lines, fault: code === 0 ? refused : `ended with ${code ?? 'a signal'}: ${said || refused}` };
  } finally {
    running.stdin.end();
    signal.removeEventListener('abort', kill);
  }
}
