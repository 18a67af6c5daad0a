import { existsSync } from 'node:fs';
import { join } from 'node:path';
import Table from 'cli-table3';
import { Command, Option } from 'commander';
import { loadLab, loadTarget, repositoryRoot, resultsDirectory, usesProxmox } from '../config';
import type { Lab } from '../config/lab';
import { Experiment, type ExperimentOptions } from '../experiment/experiment';
import { type FinishedStage, InterruptedError, Stages } from '../experiment/stages';
import { takeLock } from '../machine/lock';
import { checkTarget } from '../proxmox/check-target';
import { CHROMIUM_REMEDY, findCommand } from '../setup/system-packages';
import { templateFile } from '../template/template';
import { confirmTarget } from './confirm';
import { setup } from './setup';

const program = new Command('npm start --')
  .description(
    'The whole experiment: deploy, measure, report, destroy. Without PROXMOX_VE_ENDPOINT on the embedded local node.',
  )
  .addOption(new Option('--plan <name>', 'plan of measurement in lab.yaml').default('short'))
  .addOption(
    new Option('--engine <engine>', 'what runs the guests of the local node')
      .choices(['qemu', 'simulated'])
      .default('qemu'),
  )
  .addOption(
    new Option('--reader <reader>', 'what reads the pages of scenario 2: a script, or Chromium on the node')
      .choices(['scripted', 'browser'])
      .default('scripted'),
  )
  .option('--run <name>', 'name of the run under results/ (default: date and time)')
  .option('--keep', 'leave the lab deployed and the local node up, also after an error or Ctrl-C')
  .option('--yes', 'do not ask before acting on a Proxmox VE node')
  .addHelpText(
    'after',
    '\nExamples:\n  npm start\n  npm start -- --plan quick\n  npm start -- --plan paper --keep\n  npm start -- --reader browser\n  PROXMOX_VE_ENDPOINT=https://pve.example:8006 npm start',
  )
  .addHelpText(
    'after',
    '\nExit codes: 0 done, 1 a stage failed, 2 bad input, 3 something is missing on this machine, 130 stopped by Ctrl-C.',
  )
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2));

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: Error) => {
    console.error(`\n${error.message}`);
    process.exitCode = 1;
  },
);

async function main(): Promise<number> {
  const options = program.parse().opts<ExperimentOptions & { yes?: boolean }>();
  const say = (line: string): void => console.log(line);

  // Bad input is refused before anything is touched.
  const lab = await guarded(() => loadLab());
  if (!lab || !(await guarded(() => templateFile(process.env)))) return 2;
  const faults = optionFaults(lab, options);
  if (faults.length > 0) {
    console.error(faults.join('\n'));
    return 2;
  }
  const lock = await guarded(() => takeLock(repositoryRoot, 'npm start'));
  if (!lock) return 2;
  try {
    if (usesProxmox(process.env) && !(await guarded(() => checkTarget(loadTarget(lab))))) return 2;
    if (!(await confirmTarget(lab, options.yes === true, say))) return 2;
    try {
      await setup('node', say);
    } catch (error) {
      console.error((error as Error).message);
      return 3;
    }
    return await experiment(new Stages(say), new Experiment(lab, options, say), options.keep === true, say);
  } finally {
    await lock.release();
  }
}

function optionFaults(lab: Lab, { plan, run, reader }: ExperimentOptions): string[] {
  const faults: string[] = [];
  if (!Object.hasOwn(lab.plans, plan)) {
    faults.push(`--plan ${plan}: lab.yaml has no such plan; it has ${Object.keys(lab.plans).join(', ')}`);
  }
  if (run !== undefined && !/^\w[\w.-]*$/.test(run)) {
    faults.push(`--run ${run}: letters, digits, ".", "_" and "-" only`);
  } else if (run !== undefined && existsSync(join(resultsDirectory(), run))) {
    faults.push(`--run ${run}: results/${run} is there already; choose another name, or remove it`);
  }
  // On a Proxmox VE node it is the node that must have it, which measuring asks first.
  if (reader === 'browser' && !usesProxmox(process.env) && !findCommand('chromium')) {
    faults.push(`--reader browser: there is no chromium on this machine; ${CHROMIUM_REMEDY}`);
  }
  return faults;
}

/** Runs the stages and, whatever happens in them, takes away what they made. */
async function experiment(
  stages: Stages,
  lab: Experiment,
  keep: boolean,
  say: (line: string) => void,
): Promise<number> {
  const stop = (): void => {
    const meaning = stages.interrupt();
    if (meaning === 'stopping')
      say('\nStopping. What was made is taken away next, unless --keep was given ...');
    if (meaning === 'warned')
      say('\nStill taking away what was made; Ctrl-C once more leaves the rest where it is.');
    if (meaning === 'abandoned') process.exit(130);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  whenOrphaned(stop);
  // Who reads the output may end first; taking away goes on.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

  let failure: unknown;
  try {
    await lab.carryOut(stages);
  } catch (error) {
    failure = error;
  }
  try {
    if (keep) say('\nThe lab stays deployed. Later: npx cdktf destroy, then npm run node -- down');
    else await lab.takeAway(stages);
  } catch (error) {
    if (failure) say(`\nTaking away failed too: ${(error as Error).message}`);
    failure ??= error;
  }
  if (stages.finished.length > 0) say(`\n${stageTable(stages.finished)}`);
  if (failure && !(failure instanceof InterruptedError)) {
    console.error(`\n${(failure as Error).message}`);
    return 1;
  }
  if (lab.reported) say(`Report: ${join('results', lab.run, 'report.html')}`);
  if (!stages.stopRequested) return 0;
  say('Stopped by request.');
  return 130;
}

/** npm passes a SIGTERM on to the shell between it and this process, and that shell dies of it without a word. */
function whenOrphaned(stop: () => void): void {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    stop();
  }, 500);
  watch.unref();
}

function stageTable(finished: readonly FinishedStage[]): string {
  const table = new Table({
    head: ['stage', 'seconds', ''],
    style: { head: [], border: [] },
    colAligns: ['left', 'right', 'left'],
  });
  for (const { title, seconds, outcome } of finished) table.push([title, seconds.toFixed(1), outcome]);
  const total = finished.reduce((sum, stage) => sum + stage.seconds, 0);
  table.push(['in all', total.toFixed(1), '']);
  return table.toString();
}

/** A value, or undefined after saying what is wrong with the input. */
async function guarded<T>(make: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await make();
  } catch (error) {
    console.error((error as Error).message);
    return undefined;
  }
}
