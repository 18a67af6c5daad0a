import { InputError } from '../config/input-error';
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
  try {
    await forbidCoreDumps();
    const code: unknown = await main();
    if (typeof code === 'number') process.exitCode = code;
  } catch (error) {
    console.error(isBug(error) ? error : (error as Error).message);
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

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof InputError) return EXIT.badInput;
  if (PATH_FAULTS.includes((error as NodeJS.ErrnoException | undefined)?.code ?? '')) return EXIT.badInput;
  return error instanceof MissingError ? EXIT.missing : EXIT.failed;
}

/** The kinds of error that the language itself throws; this project throws none of them on purpose. */
const LANGUAGE_ERRORS = [TypeError, RangeError, ReferenceError, SyntaxError, EvalError, URIError];

function isBug(error: unknown): boolean {
  if (!(error instanceof Error) || error.name === 'AssertionError') return true;
  return LANGUAGE_ERRORS.some((kind) => error instanceof kind);
}
