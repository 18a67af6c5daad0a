import { join } from 'node:path';
import Table from 'cli-table3';
import { TERRAFORM_STATE } from '../config/deployed-lab';
import { readOutput } from '../config/state-file';
import { EXIT, type ExitCode } from '../machine/exit-codes';
import { whenTerminalEnds } from '../machine/terminal-end';
import { OPEN_OUTPUT } from '../stacks/outputs';
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
  whenTerminalEnds(stop);
  // Who reads the output may end first; taking away goes on.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

  let failure: unknown;
  try {
    await lab.carryOut(stages);
  } catch (error) {
    failure = error;
  }
  try {
    if (keep) {
      const open = readOutput(TERRAFORM_STATE, OPEN_OUTPUT);
      if (open) say(`\n${open.trim()}`);
      say('\nThe lab stays deployed. Later: npx cdktf destroy, then npm run node -- down');
    } else await lab.takeAway(stages);
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
