import { resolve } from 'node:path';
import type { Command } from 'commander';
import { findRun } from '../measure/run/find-run';
import { commandLine } from './command-line';

/** A command that works on runs, wherever they are kept. */
export function commandOnRuns(description: Parameters<typeof commandLine>[0]): Command {
  return commandLine(description).option('--results <directory>', 'where runs are kept', 'results');
}

/** The directory of a run by its name or path; undefined = the newest. Throws RawDataFault where there is none. */
export function runAt(command: Command, run: string | undefined): string {
  return resolve(findRun(resolve(command.opts<{ results: string }>().results), run));
}
