import type { Duplex, Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientChannel, Client as SshClient } from 'ssh2';
import type { SshTarget } from '../config/target';
import { openSsh, ShellConnectionError } from './ssh-connection';

export { ShellConnectionError };

/** What a command printed and how it ended. `code` is null if a signal ended it. */
export interface CommandResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | null;
}

/** A command that runs. Close `stdin` to let it end by itself. */
export interface RunningCommand {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Exit code, once both outputs are at their end; null if a signal or a broken connection ended it. Never rejects. */
  readonly ended: Promise<number | null>;
  /** Cuts the command off. */
  kill(): void;
}

/** Runs commands on the node, as root. A command is a list of arguments; no shell ever reads them. */
export interface Shell {
  /** Waits for the end. Throws CommandError if the exit code is not 0, unless `allowFailure`. */
  run(command: readonly string[], options?: RunOptions): Promise<CommandResult>;
  start(command: readonly string[]): Promise<RunningCommand>;
}

export interface RunOptions {
  readonly stdin?: string;
  readonly allowFailure?: boolean;
  /** Default 60. */
  readonly timeoutSeconds?: number;
}

/** A command on the node that failed; the message holds its last lines of error output. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  constructor(
    readonly command: readonly string[],
    readonly result: CommandResult,
  ) {
    const words = describe(command);
    const said = result.stderr.trim().split('\n').slice(-5).join('\n  ');
    super(`${words} on the node: exit code ${result.code ?? 'none (cut off)'}${said ? `: ${said}` : ''}`);
  }
}

/** Quotes one argument for a POSIX shell. */
export function quote(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`;
}

/** A command in a message: programs that were sent along as an argument are not spelt out. */
function describe(command: readonly string[]): string {
  return command.map((word) => (word.includes('\n') ? '<program>' : word)).join(' ');
}

/** Runs a started command to its end; shared by everything that implements Shell. */
export async function finish(
  command: readonly string[],
  running: RunningCommand,
  options: RunOptions = {},
): Promise<CommandResult> {
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  running.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  running.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  running.stdin.on('error', () => {}); // The command may end without reading; its exit code tells.
  running.stdin.end(options.stdin ?? '');
  const limit = options.timeoutSeconds ?? 60;
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    running.kill();
  }, limit * 1000);
  const code = await running.ended;
  clearTimeout(timer);
  const text = (chunks: Buffer[]) => Buffer.concat(chunks).toString('utf8');
  const result: CommandResult = {
    stdout: text(stdout),
    stderr: late ? `${text(stderr)}\nstill ran after ${limit} s` : text(stderr),
    code: late ? null : code,
  };
  if (result.code !== 0 && !options.allowFailure) throw new CommandError(command, result);
  return result;
}

/** How long, seconds, a lost connection is tried to be made again, and the pause between two tries. */
const reconnect = { seconds: 60, pauseSeconds: 2 };

/**
 * The node over SSH: one connection, one channel for each command. Commands run as root, by sudo where needed. A connection
 * that is lost ends what runs on it, and the next command makes a new one.
 */
export class NodeShell implements Shell {
  private prefix: readonly string[] = [];
  private lost?: Error;
  private isClosed = false;
  private reopening?: Promise<SshClient>;
  /** Resolves once the first connection has ended, by whomever. */
  readonly closed: Promise<void>;

  private constructor(
    private client: SshClient,
    private readonly reopen: () => Promise<SshClient>,
    private readonly where: string,
  ) {
    this.watch(client);
    this.closed = new Promise((resolve) => client.on('close', () => resolve()));
  }

  /** Throws ShellConnectionError where host, key or login is wrong. */
  static async connect(target: SshTarget, readySeconds = 20): Promise<NodeShell> {
    const where = `${target.username}@${target.host}:${target.port}`;
    const connect = () => openSsh(target, where, readySeconds);
    const shell = new NodeShell(await connect(), connect, where);
    const id = await shell.run(['id', '-u']);
    // What sudo allows is asked by the checks before a deployment: it need not be everything.
    if (id.stdout.trim() !== '0') shell.prefix = ['sudo', '-n', '--'];
    return shell;
  }

  async run(command: readonly string[], options: RunOptions = {}): Promise<CommandResult> {
    return finish(command, await this.start(command), options);
  }

  start(command: readonly string[]): Promise<RunningCommand> {
    return this.exec([...this.prefix, ...command]);
  }

  /** As the user of the login, without sudo. */
  async runAsLogin(command: readonly string[], options: RunOptions = {}): Promise<CommandResult> {
    return finish(command, await this.exec(command), options);
  }

  /** A connection from the node to an address that it reaches. */
  async dial(address: string, port: number): Promise<Duplex> {
    const client = await this.connected();
    return new Promise((resolve, reject) => {
      client.forwardOut('127.0.0.1', 0, address, port, (error, channel) => {
        if (error) reject(new ShellConnectionError(`ssh ${this.where}: ${error.message}`, { cause: error }));
        else resolve(channel);
      });
    });
  }

  private async exec(command: readonly string[]): Promise<RunningCommand> {
    const line = command.map(quote).join(' ');
    const client = await this.connected();
    return new Promise((resolve, reject) => {
      const failed = (error: Error) =>
        reject(new ShellConnectionError(`ssh ${this.where}: ${error.message}`, { cause: error }));
      client.exec(line, (error, channel) => (error ? failed(error) : resolve(running(channel))));
    });
  }

  private watch(client: SshClient): void {
    client.on('error', (error) => {
      this.lost ??= error;
    });
    client.on('close', () => {
      this.lost ??= new Error('the connection was closed');
    });
  }

  /** Commands that come at once share one new connection. Throws what the last try threw. */
  private async connected(): Promise<SshClient> {
    if (this.isClosed)
      throw new ShellConnectionError(`ssh ${this.where}: the connection was closed from here`);
    if (this.lost === undefined) return this.client;
    this.reopening ??= this.openAgain().finally(() => {
      this.reopening = undefined;
    });
    return this.reopening;
  }

  private async openAgain(): Promise<SshClient> {
    const deadline = performance.now() + reconnect.seconds * 1000;
    for (;;) {
      try {
        this.client = await this.reopen();
        this.lost = undefined;
        this.watch(this.client);
        return this.client;
      } catch (error) {
        const isRefused = error instanceof ShellConnectionError && error.refused;
        if (isRefused || this.isClosed || performance.now() > deadline) throw error;
        await sleep(reconnect.pauseSeconds * 1000);
      }
    }
  }

  close(): void {
    this.isClosed = true;
    this.client.end();
  }
}

function running(channel: ClientChannel): RunningCommand {
  const ended = new Promise<number | null>((resolve) => {
    let code: number | null = null;
    channel.on('exit', (value: number | null) => {
      code = value;
    });
    channel.on('close', () => resolve(code));
  });
  return {
    stdin: channel,
    stdout: channel,
    stderr: channel.stderr,
    ended,
    kill: () => channel.close(),
  };
}
