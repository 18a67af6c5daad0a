import { InputError } from '../config/input-error';
import { makePathsAbsolute, repositoryRoot } from '../config/paths';
import { forbidCoreDumps } from '../machine/core-dumps';
import { EXIT, type ExitCode } from '../machine/exit-codes';
import { MissingError } from '../machine/missing-error';

/**
 * Runs a command's main function and sets the exit code: what main returns, else by the error. What is known to happen
 * is shown as text; a bug shows its stack trace.
 */
export async function runCommand(main: (() => void) | (() => Promise<ExitCode>)): Promise<void> {
  // Whoever read the output has gone, as `head` does: the command goes on to its end all the same.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', passGoneReader);
  makePathsAbsolute(process.env);
  try {
    await forbidCoreDumps();
    const code: unknown = await main();
    if (typeof code === 'number') process.exitCode = code;
  } catch (error) {
    console.error(isBug(error) ? error : wordsOf(error as NodeJS.ErrnoException));
    process.exitCode = exitCodeOf(error);
  }
}

/** What a write fails with once its reader has gone: EPIPE of a pipe, EIO of a terminal that was closed. */
const READER_GONE = ['EPIPE', 'EIO'];

function passGoneReader(fault: NodeJS.ErrnoException): void {
  if (!READER_GONE.includes(fault.code ?? '')) throw fault;
}

/** A path that was given and cannot be used; where the lab itself goes wrong, it is with other codes. */
const PATH_FAULTS = ['ENAMETOOLONG', 'EROFS'];

/** What a clone that is somebody else's, or on a medium that takes nothing, answers. */
const NOT_WRITABLE = ['EROFS', 'EACCES', 'EPERM'];

function isUnwritableClone({ code = '', path }: NodeJS.ErrnoException): boolean {
  return NOT_WRITABLE.includes(code) && path?.startsWith(`${repositoryRoot}/`) === true;
}

function wordsOf(error: NodeJS.ErrnoException): string {
  if (!isUnwritableClone(error)) return error.message;
  return `${error.path} cannot be written (${error.code}): the lab needs a clone that you may write in; make one in a directory of yours`;
}

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof InputError) return EXIT.badInput;
  if (error instanceof Error && isUnwritableClone(error)) return EXIT.badInput;
  if (PATH_FAULTS.includes((error as NodeJS.ErrnoException | undefined)?.code ?? '')) return EXIT.badInput;
  return error instanceof MissingError ? EXIT.missing : EXIT.failed;
}

/** The kinds of error that the language itself throws; this project throws none of them on purpose. */
const LANGUAGE_ERRORS = [TypeError, RangeError, ReferenceError, SyntaxError, EvalError, URIError];

function isBug(error: unknown): boolean {
  if (!(error instanceof Error) || error.name === 'AssertionError') return true;
  return LANGUAGE_ERRORS.some((kind) => error instanceof kind);
}
