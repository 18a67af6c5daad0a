import { readFile, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Namespace } from '../namespace/namespace';
import type { LocalNode } from '../node';
import { failed, type Outcome } from './outcome';
import { PROGRAMS as COMMANDS, isProgram } from './programs';
import { runProgram } from './run-command';
import type { Print } from './task-outcome';

/** Where the namespace finds the node's own programs, before all others. */
export const PROGRAMS = '/run/pve-lab/bin';

const SOCKET = 'command-line';
/** Characters of a request; more than a command line can have. */
const LONGEST = 4 * 1024 * 1024;

/**
 * The node's command line: small programs in the namespace that ask this process over a socket, which nobody else can
 * reach, and do what needs the caller's terminal themselves.
 */
export class CommandLine {
  private constructor(private readonly server: Server) {}

  static async start(node: LocalNode, namespace: Namespace): Promise<CommandLine> {
    const socket = join(Namespace.runtimeDir(node.stateDir), SOCKET);
    await rm(socket, { force: true });
    const server = createServer((client) => void answer(node, client));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(socket, resolve);
    });
    server.unref();
    const program = await readFile(join(__dirname, 'client.py'), 'utf8');
    const text = program.replace('@SOCKET@', `/run/qemu-server/${SOCKET}`);
    const install = 'mkdir -p "$1" && cat >"$1/.new" && chmod 755 "$1/.new"';
    await namespace.run(['sh', '-c', install, 'sh', PROGRAMS], { input: text });
    for (const name of Object.keys(COMMANDS))
      await namespace.run(['cp', `${PROGRAMS}/.new`, `${PROGRAMS}/${name}`]);
    return new CommandLine(server);
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }
}

async function answer(node: LocalNode, client: Socket): Promise<void> {
  client.on('error', () => client.destroy()); // who asked has gone
  let length = 0;
  client.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length > LONGEST) client.destroy();
  });
  for await (const line of createInterface({ input: client })) {
    const print = (stdout: string) => stdout !== '' && client.write(`${JSON.stringify({ stdout })}\n`);
    client.end(`${JSON.stringify(await outcomeOf(node, line, print))}\n`);
    return;
  }
}

async function outcomeOf(node: LocalNode, line: string, print: Print): Promise<Outcome> {
  try {
    const { program, arguments: args } = JSON.parse(line) as { program: string; arguments: string[] };
    return isProgram(program)
      ? await runProgram(node, program, args, print)
      : failed(`${program}: the local node has no such command`);
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error));
  }
}
