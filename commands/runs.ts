import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { environment } from '../config';
import { findRun } from '../measure/run/find-run';
import { commandLine } from './command-line';

/** A command that works on runs, wherever they are kept. */
export function commandOnRuns(description: Parameters<typeof commandLine>[0]): Command {
  return commandLine(description).option('--results <directory>', 'where runs are kept', 'results');
}

/**
 * The directory of a run, or the file of a bundle, by its name or path; undefined = the newest. Throws RawDataFault where
 * there is none.
 */
export function runAt(command: Command, run: string | undefined): string {
  const found = resolve(findRun(resolve(command.opts<{ results: string }>().results), run));
  if (run === undefined || environment.INIT_CWD === undefined || existsSync(found)) return found;
  // npm runs its scripts in the clone, wherever it was called.
  const typed = resolve(environment.INIT_CWD, run);
  return existsSync(typed) ? typed : found;
}
