import { LabFileError } from './lab-file';
import { TargetError } from './load-target';

/**
 * Runs a program's main function. What the user can put right is shown as text and ends with exit code 1; anything
 * else is a fault of the program and keeps its stack trace.
 */
export async function explainFaults(main: () => unknown): Promise<void> {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof LabFileError || error instanceof TargetError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
