import { $, type ProcessOutput, type ProcessPromise } from 'zx';

/**
 * How this project starts local programs: with zx, from an argument vector that zx quotes, never from a string that
 * was put together by hand. What zx lacks stands here: process groups, an environment without secrets, a limit of
 * output, and errors that carry the program's own last words.
 */

/** A program that could not be run, or ended otherwise than with 0. `message` holds its own last words. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  constructor(
    readonly argv: readonly string[],
    /** Undefined if it was ended by a signal or never started. */
    readonly exitCode: number | undefined,
    readonly stderr: string,
    reason: string,
  ) {
    const words = stderr.trim().split('\n').slice(-5).join('\n');
    super(`${argv[0]}: ${reason}${words ? `: ${words}` : ''}`);
  }
}

export interface StartOptions {
  readonly cwd?: string;
  /** @default programEnvironment() */
  readonly env?: NodeJS.ProcessEnv;
  /** @default nothing to read, both outputs to be read here */
  readonly stdio?: readonly ('ignore' | 'inherit' | 'pipe' | number)[];
  /** True: a process group of its own, which a Ctrl-C in the terminal does not reach. @default false */
  readonly ownGroup?: boolean;
}

export interface CommandOptions extends Pick<StartOptions, 'cwd' | 'env'> {
  /** What it reads on standard input; undefined = nothing. */
  readonly input?: string | Buffer;
  /** Milliseconds after which it is killed with everything that it started; undefined = no limit. */
  readonly timeout?: number;
  /** Kills it when aborted; the signal's reason is then thrown. */
  readonly signal?: AbortSignal;
}

/** More than this of output is an error: nothing run through here is meant to print much. */
const LONGEST_OUTPUT = 16 * 1024 * 1024;

/** Settings that hold a secret, by the provider's names. No program gets them that does not need them. */
const SECRETS =
  /^PROXMOX_VE_(API_TOKEN|AUTH_TICKET|CSRF_PREVENTION_TOKEN|PASSWORD|SSH_PASSWORD|SSH_PRIVATE_KEY)$/;

/** The values of those settings. */
export function secretsOf(env: NodeJS.ProcessEnv): readonly string[] {
  return Object.entries(env).flatMap(([name, value]) => (value && SECRETS.test(name) ? [value] : []));
}

export function withoutSecrets(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !SECRETS.test(name)));
}

/** The environment of this process without its secrets, and with `change`. */
export function programEnvironment(change: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  return { ...withoutSecrets(process.env), ...change };
}

/**
 * Starts a program and returns at once. It resolves when the program has ended, however it ended. The program replaces
 * the shell that zx starts it by, so that `pid` is the program's and signals reach it.
 */
export function start(argv: readonly string[], options: StartOptions = {}): ProcessPromise {
  const { cwd, ownGroup = false, env = programEnvironment(), stdio = ['ignore', 'pipe', 'pipe'] } = options;
  return $({
    cwd,
    // Bash reads the file that BASH_ENV names before anything else.
    env: { ...env, BASH_ENV: undefined },
    stdio: [...stdio],
    detached: ownGroup,
    nothrow: true,
    quiet: true,
    prefix: 'exec ',
    postfix: '',
  })`${argv}`;
}

/** Runs a program to its end and returns its standard output. Throws CommandError. */
export async function run(argv: readonly string[], options: CommandOptions = {}): Promise<string> {
  const { input, timeout, signal, ...rest } = options;
  signal?.throwIfAborted();
  const stdio = [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'] as const;
  // What has a time-out is ended with all that it started; the rest hears a Ctrl-C as this process does.
  const command = start(argv, { ...rest, stdio, ownGroup: timeout !== undefined });
  let killedFor: string | undefined;
  const kill = (reason: string): void => {
    killedFor ??= reason;
    endGroup(command, timeout !== undefined);
  };
  const timer = timeout && setTimeout(() => kill(`not finished after ${timeout} ms`), timeout);
  const abort = (): void => kill('stopped');
  signal?.addEventListener('abort', abort);
  let bytes = 0;
  for (const stream of [command.stdout, command.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > LONGEST_OUTPUT) kill(`printed more than ${LONGEST_OUTPUT} bytes`);
    });
  }
  if (input !== undefined) give(command, input);
  try {
    const ended = await command;
    signal?.throwIfAborted();
    if (ended.ok && killedFor === undefined) return ended.stdout;
    throw failure(argv, ended, killedFor);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}

/** Writes to the program's standard input and closes it. One that ends without reading says why by its exit code. */
export function give(command: ProcessPromise, input: string | Buffer): void {
  command.stdin.on('error', () => {});
  command.stdin.end(input);
}

/** Kills a program, in a group of its own with everything that it started. */
function endGroup({ pid }: ProcessPromise, ownGroup: boolean): void {
  if (pid === undefined) return;
  try {
    process.kill(ownGroup ? -pid : pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

function failure(argv: readonly string[], ended: ProcessOutput, killedFor?: string): CommandError {
  if (killedFor !== undefined) return new CommandError(argv, undefined, ended.stderr, killedFor);
  if (ended.cause instanceof Error) return new CommandError(argv, undefined, '', ended.cause.message);
  // The shell's words for a program that is not there.
  if (ended.exitCode === 127 && /: line 1: .*: (not found|No such file or directory)$/m.test(ended.stderr)) {
    return new CommandError(argv, undefined, '', 'not found; `npm run doctor` names its package');
  }
  const reason = ended.signal ? `ended by ${ended.signal}` : `exit code ${ended.exitCode}`;
  return new CommandError(
    argv,
    ended.signal ? undefined : (ended.exitCode ?? undefined),
    ended.stderr,
    reason,
  );
}
