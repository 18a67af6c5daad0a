import { open } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { CommandError, give, run, start } from '../machine/command';
import { searchPath } from './host-tools';

/** As whom the programs of a build run, and until when. */
export interface BuildProcessOptions {
  readonly env: NodeJS.ProcessEnv;
  /** False: files of the guest belong to the user namespace of an ordinary user. */
  readonly isRoot: boolean;
  readonly signal?: AbortSignal;
}

export type Runner = (command: string, ...args: string[]) => Promise<string>;

/** The kernel ends the program with its builder, however that ends: one killed with SIGKILL can end nothing itself. */
const ENDED_WITH_BUILDER = ['setpriv', '--pdeathsig', 'KILL', '--'];

/** Files of the guest keep their owners: an ordinary user handles them in a user namespace of his own. */
const asOwner = (isRoot: boolean): string[] => (isRoot ? [] : ['--map-root-user', '--map-auto']);

function environment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...env, PATH: searchPath(env.PATH), LC_ALL: 'C', MTOOLS_SKIP_CHECK: '1' };
}

/** What runs programs and returns their standard output; with `owner`, as the owner of the guest's files. */
export function runner(options: BuildProcessOptions, owner: boolean): Runner {
  const namespace = owner && !options.isRoot ? ['unshare', ...asOwner(false), '--'] : [];
  return (command, ...args) => {
    const { env, signal } = options;
    return run([...ENDED_WITH_BUILDER, ...namespace, command, ...args], { env: environment(env), signal });
  };
}

/** Throws with what to do where an ordinary user may not handle the guest's files. */
export async function requireOwner(options: BuildProcessOptions): Promise<void> {
  if (options.isRoot) return;
  try {
    await runner(options, true)('true');
  } catch (cause) {
    const said = (cause instanceof CommandError && cause.stderr.trim()) || (cause as Error).message;
    throw new Error(
      `building the guest template without root needs a user namespace, which cannot be had: ${said}; ` +
        'have the system give you subordinate ids (sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 NAME) ' +
        'and allow user namespaces, or build as root',
      { cause },
    );
  }
}

/** Removes a directory that may hold files of the user namespace's owners; also after the build was stopped. */
export async function removeTree(
  directory: string,
  options: Omit<BuildProcessOptions, 'signal'>,
): Promise<void> {
  const { env, isRoot } = options;
  await runner({ env, isRoot }, true)('rm', '-rf', '--one-file-system', directory);
}

/**
 * Runs a program as root over the guest's files, with mounts and processes of its own: when it ends or is ended, none of
 * either is left. Its temporary files go to `temporaryDirectory`, its standard output to `outputFile`. Returns its exit
 * code. Throws the signal's reason when stopped.
 */
export async function runContained(
  command: string,
  args: readonly string[],
  options: BuildProcessOptions & {
    readonly input: string;
    readonly outputFile: string;
    readonly temporaryDirectory: string;
    /** Gets every line of standard error. */
    readonly onLine: (line: string) => void;
  },
): Promise<number | null> {
  options.signal?.throwIfAborted();
  const namespaces = [...asOwner(options.isRoot), '--mount', '--pid', '--mount-proc', '--kill-child'];
  // Its output is a whole file system, which the kernel writes to the file: none of it passes through here.
  const output = await open(options.outputFile, 'w', 0o600);
  const program = start([...ENDED_WITH_BUILDER, 'unshare', ...namespaces, '--', command, ...args], {
    stdio: ['pipe', output.fd, 'pipe'],
    env: { ...environment(options.env), TMPDIR: options.temporaryDirectory },
  });
  // With its first process, unshare's child, the kernel ends all others of a PID namespace.
  const stop = (): void => void program.child?.kill('SIGKILL');
  options.signal?.addEventListener('abort', stop);
  try {
    createInterface({ input: program.stderr }).on('line', options.onLine);
    give(program, options.input);
    const { exitCode } = await program;
    options.signal?.throwIfAborted();
    return exitCode;
  } finally {
    options.signal?.removeEventListener('abort', stop);
    await output.close();
  }
}
