import Table from 'cli-table3';
import { type Command, Option } from 'commander';
import { chalk, echo, path } from 'zx';
import { commandLine, waitQuietOption } from '../commands/command-line';
import { startWatch, watchOption } from '../commands/start-watch';
import { environment, InputError, loadDeployedLab, loadTarget } from '../config';
import { readDeployedLab } from '../config/deployed-lab';
import { measuringFault } from '../config/lab-shares';
import { readConnection } from '../config/load-target';
import { labFile } from '../config/paths';
import { readText } from '../config/read-text';
import { EXIT, type ExitCode } from '../machine/exit-codes';
import { LiveLine, minutes } from '../machine/live-line';
import { askPerson } from '../machine/question';
import { checkTarget } from '../proxmox/check-target';
import { type MeasureResult, measureRun } from './collect/measure-run';
import { usualPlan } from './collect/run-request';
import { interruption } from './interruption';
import { madeWith } from './made-with';
import type { Scenario } from './run/raw-data';
import type { ReaderKind } from './run/run-plan';

interface MeasureFlags {
  readonly plan?: string;
  readonly reader?: ReaderKind;
  readonly run?: string;
  readonly resume?: string;
  readonly restore: boolean;
  readonly waitQuiet?: number;
  readonly watch?: boolean;
  readonly json?: boolean;
}

/** What the measuring scripts have in common: the options of a run. */
export function measureCommand(
  scenario: Scenario | undefined,
  description: string,
  examples: readonly string[],
): Command {
  return commandLine({
    name: ['npm run measure --', scenario].filter(Boolean).join(' '),
    description,
    examples,
  })
    .option('--plan <name>', `plan of lab.yaml (default: ${usualPlan}, or the first that has the scenario)`)
    .option('--run <name>', 'name of the run under results/ (default: the time)')
    .option('--resume <run>', 'continue a run that was cut off')
    .option('--no-restore', 'leave the guests as the last visit left them')
    .addOption(waitQuietOption())
    .addOption(watchOption())
    .option('--json', 'print the result as JSON');
}

export const readerOption = new Option(
  '--reader <reader>',
  'what reads the pages: a script, or Chromium on the node (default: scripted; with --resume: as begun)',
).choices(['scripted', 'browser']);

/**
 * Measures what the command line asks for; progress goes to standard error. `scenario` undefined = all that the plan
 * has. Ctrl-C keeps what was measured and removes the clients. Throws InputError, and what measureRun throws.
 */
export async function measure(command: Command, scenario?: Scenario): Promise<MeasureResult> {
  const { plan: planName, reader, ...flags } = command.parse().opts<MeasureFlags>();
  const run = flags.resume ?? flags.run ?? nameOfRun(new Date());
  if (!/^\w[\w.-]*$/.test(run)) throw new InputError(`--run ${run}: letters, digits, ".", "_" and "-" only`);
  const line = new LiveLine(process.stderr);
  const signal = interruption(line.say);
  const lab = loadDeployedLab();
  const elsewhere = measuringFault(lab);
  if (elsewhere) throw new InputError(elsewhere);
  const target = loadTarget(lab);
  await checkTarget(target);
  if (flags.watch) await startWatch(run, line.say);
  return measureRun({
    ...{ lab, target, planName, scenario, reader, run },
    labFile: readText(labFile(environment), 'the experiment (LAB_FILE)'),
    madeWith: await madeWith(environment),
    identity: readDeployedLab().identity,
    acceleration: target.kind === 'local' ? (readConnection(environment)?.acceleration ?? null) : null,
    resume: flags.resume !== undefined,
    restore: flags.restore,
    waitQuietMinutes: flags.waitQuiet,
    ask: (question) => line.during(() => askPerson(question)),
    signal,
    line,
  });
}

/** 2026-11-23-143000, in UTC. */
function nameOfRun(now: Date): string {
  return now.toISOString().slice(0, 19).replace('T', '-').replaceAll(':', '');
}

/** Shows the table of what was measured, or everything as JSON, and returns the exit code. */
export function conclude(
  command: Command,
  result: MeasureResult,
  rows: readonly (readonly [what: string, made: string])[],
): ExitCode {
  const { directory, faults, interrupted, missingApplications, seconds } = result;
  if (command.opts<MeasureFlags>().json) {
    echo(JSON.stringify(result));
  } else {
    const table = new Table({ style: { head: [], border: [] } });
    table.push(...rows.map(([what, made]) => [what, made]), ['time taken', `${minutes(seconds)} min`]);
    table.push(...missingApplications.map(({ guest, reason }) => [`not measured: ${guest}`, reason]));
    table.push(...faults.map((fault) => [chalk.yellow('fault'), fault]));
    echo(table.toString());
    echo(`raw data: ${path.relative(process.cwd(), directory)}/raw`);
    echo(`report:   npm run report -- ${path.basename(directory)}`);
  }
  if (interrupted) return EXIT.stopped;
  return faults.length > 0 ? EXIT.incomplete : EXIT.done;
}
