import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Duplex, Readable, Writable } from 'node:stream';
import { type ClientChannel, type ConnectConfig, Client as SshClient } from 'ssh2';
import { environment, knownHostsFile } from '../config';
import type { SshTarget } from '../config/target';
import { type KnownHost, lookUp } from './known-hosts';

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

/** The node could not be reached or trusted over SSH; the message says what to do. */
export class ShellConnectionError extends Error {
  override readonly name = 'ShellConnectionError';
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

/** The node over SSH: one connection, one channel for each command. Commands run as root, by sudo where needed. */
export class NodeShell implements Shell {
  private prefix: readonly string[] = [];
  private broken?: Error;
  /** Resolves once the connection has ended, by whomever. */
  readonly closed: Promise<void>;

  private constructor(
    private readonly client: SshClient,
    private readonly where: string,
  ) {
    client.on('error', (error) => {
      this.broken = error;
    });
    this.closed = new Promise((resolve) => {
      client.on('close', () => {
        this.broken ??= new Error('the connection was closed');
        resolve();
      });
    });
  }

  /** Throws ShellConnectionError where host, key or login is wrong. */
  static async connect(target: SshTarget, readySeconds = 20): Promise<NodeShell> {
    const where = `${target.username}@${target.host}:${target.port}`;
    const client = await open(target, where, readySeconds);
    const shell = new NodeShell(client, where);
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
  dial(address: string, port: number): Promise<Duplex> {
    return new Promise((resolve, reject) => {
      this.client.forwardOut('127.0.0.1', 0, address, port, (error, channel) => {
        if (error) reject(new ShellConnectionError(`ssh ${this.where}: ${error.message}`, { cause: error }));
        else resolve(channel);
      });
    });
  }

  private exec(command: readonly string[]): Promise<RunningCommand> {
    const line = command.map(quote).join(' ');
    return new Promise((resolve, reject) => {
      const failed = (error: Error) =>
        reject(new ShellConnectionError(`ssh ${this.where}: ${error.message}`, { cause: error }));
      if (this.broken) return failed(this.broken);
      this.client.exec(line, (error, channel) => (error ? failed(error) : resolve(running(channel))));
    });
  }

  close(): void {
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

function open(target: SshTarget, where: string, readySeconds: number): Promise<SshClient> {
  const file = knownHostsFile(environment);
  const known = target.hostKeySha256 ? undefined : knownHost(file, target);
  let refusal: string | undefined;
  const config: ConnectConfig = {
    host: target.host,
    port: target.port,
    username: target.username,
    readyTimeout: readySeconds * 1000,
    keepaliveInterval: 15_000,
    keepaliveCountMax: 4,
    hostVerifier: (key: Buffer) => {
      refusal = keyFault(key, target, known, file);
      return refusal === undefined;
    },
    ...privateKey(target),
    ...(target.agentSocket ? { agent: target.agentSocket } : {}),
    ...(target.password ? { password: target.password } : {}),
    ...(known && known.types.length > 0 ? { algorithms: { serverHostKey: hostKeyAlgorithms(known) } } : {}),
  };
  return new Promise((resolve, reject) => {
    const client = new SshClient();
    client.once('ready', () => {
      client.removeListener('error', failed);
      resolve(client);
    });
    const failed = (error: Error & { level?: string; code?: string }) => {
      client.destroy();
      reject(new ShellConnectionError(`ssh ${where}: ${refusal ?? advice(error, target)}`, { cause: error }));
    };
    client.on('error', failed);
    client.connect(config);
    // A command is a few small messages: none may wait for the acknowledgement of the one before.
    client.setNoDelay(true);
  });
}

function privateKey({ privateKey: text, privateKeyFile: file }: SshTarget): ConnectConfig {
  if (text) return { privateKey: text };
  if (!file) return {};
  try {
    return { privateKey: readFileSync(file) };
  } catch (error) {
    throw new ShellConnectionError(`the SSH key ${file} cannot be read`, { cause: error });
  }
}

function knownHost(file: string, target: SshTarget): KnownHost {
  let text = '';
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    // No file knows no host.
  }
  return lookUp(text, target.host, target.port);
}

/** known_hosts says ssh-rsa for a key that signs with any of three algorithms. */
function hostKeyAlgorithms(known: KnownHost): NonNullable<ConnectConfig['algorithms']>['serverHostKey'] {
  return known.types.flatMap((type) =>
    type === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256'] : [type],
  ) as NonNullable<ConnectConfig['algorithms']>['serverHostKey'];
}

function keyFault(
  key: Buffer,
  target: SshTarget,
  known: KnownHost | undefined,
  file: string,
): string | undefined {
  const shown = createHash('sha256').update(key).digest('base64').replace(/=+$/, '');
  if (!known) {
    if (shown === target.hostKeySha256?.replace(/=+$/, '')) return undefined;
    return `the host key SHA256:${shown} is not the one that the local node wrote down; another program answers on this port`;
  }
  const text = key.toString('base64');
  if (known.revoked.includes(text)) return `the host key SHA256:${shown} is marked as revoked in ${file}`;
  if (known.keys.includes(text)) return undefined;
  if (known.keys.length === 0) {
    const own = `ssh-keygen -lf /etc/ssh/ssh_host_${keyKind(key)}_key.pub`;
    const accept = `ssh -p ${target.port} ${target.username}@${target.host}`;
    return `the host key SHA256:${shown} is not known yet; compare it with the node's own (${own} there), then accept it once (${accept})`;
  }
  return `the host key has changed to SHA256:${shown}; if the node was installed again, remove the old key with ssh-keygen -R`;
}

/** Of a public key in the wire format, which begins with the length and name of its type: rsa, ecdsa or ed25519. */
function keyKind(key: Buffer): string {
  const type = key.toString('latin1', 4, 4 + key.readUInt32BE(0));
  return type.replace(/^ssh-/, '').replace(/-.*$/, '');
}

function advice(error: Error & { level?: string; code?: string }, target: SshTarget): string {
  if (error.level === 'client-authentication') {
    const ways = [
      target.privateKey && 'the key given',
      target.privateKeyFile && `the key ${target.privateKeyFile}`,
      target.agentSocket && 'the SSH agent',
      target.password && 'the password',
    ].filter(Boolean);
    return `login refused with ${ways.join(', ') || 'nothing: no key, agent or password is set'}`;
  }
  if (error.code === 'ECONNREFUSED') return 'nothing listens there; is the node up, are host and port right?';
  if (error.code === 'ENOTFOUND') return `no such host: ${target.host}`;
  return error.message;
}
