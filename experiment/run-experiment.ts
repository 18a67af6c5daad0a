import { join } from 'node:path';
import Table from 'cli-table3';
import { EXIT, type ExitCode } from '../machine/exit-codes';
import { parentOf, programName } from '../machine/processes';
import type { Experiment } from './experiment';
import { type FinishedStage, InterruptedError, type Stages } from './stages';

/** Runs the stages and, whatever happens in them, takes away what they made. */
export async function runExperiment(
  stages: Stages,
  lab: Experiment,
  keep: boolean,
  say: (line: string) => void,
): Promise<ExitCode> {
  const stop = (): void => {
    const meaning = stages.interrupt();
    if (meaning === 'stopping')
      say('\nStopping. What was made is taken away next, unless --keep was given ...');
    if (meaning === 'warned')
      say('\nStill taking away what was made; Ctrl-C once more leaves the rest where it is.');
    if (meaning === 'abandoned') process.exit(EXIT.stopped);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop);
  // A terminal that closes says so twice, by SIGHUP and by the end of npm, and means one thing.
  let closed = false;
  const close = (): void => {
    if (!closed) stop();
    closed = true;
  };
  process.on('SIGHUP', close);
  whenOrphaned(close);
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
    return EXIT.failed;
  }
  if (lab.reported) say(`Report: ${join('results', lab.run, 'report.html')}`);
  if (!stages.stopRequested) return EXIT.done;
  say('Stopped by request.');
  return EXIT.stopped;
}

/**
 * npm passes a SIGTERM on to the shell between it and this process, and that shell dies of it without a word; npm that is
 * killed leaves both.
 */
function whenOrphaned(stop: () => void): void {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parents = parentsToNpm();
  const watch = setInterval(() => {
    if (parents.every(([pid, parent]) => parentOf(pid) === parent)) return;
    clearInterval(watch);
    stop();
  }, 500);
  watch.unref();
}

/** Each process from this one up to npm's child, with its parent; without an npm in sight, this one alone. */
function parentsToNpm(): readonly (readonly [pid: number, parent: number | undefined])[] {
  const own = [process.pid, process.ppid] as const;
  const above = [process.ppid, parentOf(process.ppid)] as const;
  const shellBetween =
    !programName(process.ppid).startsWith('npm') && programName(above[1]).startsWith('npm');
  return shellBetween ? [own, above] : [own];
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
