/** The programs that archives go through. They end with their input, so that a killed node leaves none behind. */
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { basename } from 'node:path';
import { CommandError, programEnvironment } from '../../machine/command';
import type { Compression } from '../formats/backup-name';

/** Undefined = as it is. `threads` is for zstd alone. */
export function compressor(compression: Compression, threads = 1): string[] | undefined {
  switch (compression) {
    case '0':
      return undefined;
    case 'gzip':
      return ['gzip', '--rsyncable'];
    case '1':
    case 'lzo':
      return ['lzop'];
    case 'zstd':
      return ['zstd', '--quiet', '--rsyncable', `--threads=${threads}`];
  }
}

/** Reads an archive by its name and writes what is in it to standard output; undefined for one that is as it is. */
export function decompressor(path: string): string[] | undefined {
  switch (/\.(zst|gz|lzo|bz2|tgz)$/.exec(basename(path))?.[1]) {
    case 'zst':
      return ['zstd', '-q', '-d', '-c', path];
    case 'gz':
    case 'tgz':
      return ['gzip', '-d', '-c', path];
    case 'lzo':
      return ['lzop', '-d', '-c', path];
    case 'bz2':
      return ['bzip2', '-d', '-c', path];
    default:
      return undefined;
  }
}

/** The last words of a program that are kept. */
const LONGEST_WORDS = 4096;

export interface Filter {
  readonly child: ChildProcess;
  /** Resolves when it has ended well; throws CommandError. */
  readonly ended: Promise<void>;
}

/** Not by zx, which keeps all output in memory: an archive is larger than that. */
export function startFilter(argv: readonly string[], stdio: StdioOptions): Filter {
  const [program = '', ...rest] = argv;
  const child = spawn(program, rest, { stdio, env: programEnvironment() });
  let words = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    words = (words + chunk.toString('utf8')).slice(-LONGEST_WORDS);
  });
  const ended = new Promise<void>((resolve, reject) => {
    child.on('error', ({ message }) => reject(new CommandError(argv, undefined, '', message)));
    child.on('close', (code, signal) => {
      if (code === 0) return resolve();
      const reason = signal ? `ended by ${signal}` : `exit code ${code}`;
      reject(new CommandError(argv, code ?? undefined, words, reason));
    });
  });
  ended.catch(() => undefined); // whoever waits for it gets the fault
  return { child, ended };
}
