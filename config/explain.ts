import { InputError } from './input-error';

/** Exit code for a lab.yaml, an environment or a node's address that must be corrected, in every command. */
export const BAD_INPUT = 2;

/** Text of a fault of the input, which the user can put right; undefined for every other error. */
export function inputFault(error: unknown): string | undefined {
  return error instanceof InputError ? error.message : undefined;
}

/**
 * Runs a program's main function. Faults of the input are shown as text and end with exit code 2, errors of the classes
 * `expected` with exit code 1; anything else is a fault of the program and keeps its stack trace.
 */
export async function explainFaults(
  main: () => unknown,
  expected: readonly (abstract new (...args: never) => Error)[] = [],
): Promise<void> {
  try {
    await main();
  } catch (error) {
    const fault = inputFault(error);
    if (fault === undefined && !expected.some((kind) => error instanceof kind)) throw error;
    console.error(fault ?? (error as Error).message);
    process.exitCode = fault === undefined ? 1 : BAD_INPUT;
  }
}
