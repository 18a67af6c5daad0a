import { spawn } from 'node:child_process';

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

export interface CommandOptions {
  readonly input?: string;
  /** Milliseconds after which the program is killed; undefined = no limit. */
  readonly timeout?: number;
  readonly cwd?: string;
}

/** More than this of output is an error: nothing run through here is meant to print much. */
const LONGEST_OUTPUT = 16 * 1024 * 1024;

/**
 * Runs a program with an argument vector, never through a shell, and returns its standard output.
 * Throws CommandError.
 */
export function run(argv: readonly string[], options: CommandOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const [file = '', ...args] = argv;
    const child = spawn(file, args, { cwd: options.cwd, stdio: ['pipe', 'pipe', 'pipe'] });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    let bytes = 0;
    let killedFor: string | undefined;
    const kill = (reason: string) => {
      killedFor = reason;
      child.kill('SIGKILL');
    };
    const timer = options.timeout
      ? setTimeout(() => kill(`not finished after ${options.timeout} ms`), options.timeout)
      : undefined;
    const collect = (into: Buffer[]) => (chunk: Buffer) => {
      bytes += chunk.length;
      into.push(chunk);
      if (bytes > LONGEST_OUTPUT) kill(`printed more than ${LONGEST_OUTPUT} bytes`);
    };
    child.stdout.on('data', collect(out));
    child.stderr.on('data', collect(err));
    child.stdin.on('error', () => {
      // It ended without reading its input; its exit code says why.
    });
    child.stdin.end(options.input ?? '');
    child.on('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      const reason =
        error.code === 'ENOENT' ? 'not found; `npm run doctor` names its package' : error.message;
      reject(new CommandError(argv, undefined, '', reason));
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) return resolve(Buffer.concat(out).toString());
      const reason = killedFor ?? (signal ? `ended by ${signal}` : `exit code ${code}`);
      reject(new CommandError(argv, code ?? undefined, Buffer.concat(err).toString(), reason));
    });
  });
}
