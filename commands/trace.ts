/** `npm run trace`: what a figure of a report is made of, down to the raw files. */
import { InputError } from '../config/input-error';
import { traceRun } from '../measure/analyse/figures/trace-run';
import { renderFigureList, renderTrace } from '../measure/report/terminal/trace-terminal';
import { hasher } from '../measure/run/file-hashes';
import { runCommand } from './run-command';
import { commandOnRuns, runAt } from './runs';

const command = commandOnRuns({
  name: 'npm run trace --',
  description:
    'Shows what a figure of a run’s report is made of: observations, rule, raw files with SHA-256.',
  examples: [
    'npm run trace -- 2026-11-23-143000                          every figure and its value',
    'npm run trace -- 2026-11-23-143000 "level 2/cpuPercent"     what this one is made of',
    'npm run trace -- 2026-11-23-143000 "packet loss" --json     by a part of its name',
  ],
})
  .argument('<run>', 'name of a run under results/, or its path')
  .argument('[figure]', 'its path as listed without this, the beginning of it, or a part of its name')
  .option('--json', 'print as JSON');

void runCommand(() => {
  // The list is long: whoever reads its first lines only (head, less) ends the pipe.
  process.stdout.on('error', () => process.exit());
  const { json } = command.parse().opts<{ json?: boolean }>();
  const [run, wanted] = command.args;
  const directory = runAt(command, run);
  const figures = traceRun(directory, wanted);
  if (figures.length === 0) {
    throw new InputError(`no figure is named "${wanted}"; npm run trace -- ${run} lists all of them`);
  }
  const hashes = hasher(directory);
  if (json) {
    const traced = figures.map((figure) => ({
      ...figure,
      observations: figure.observations.map((each) => ({ ...each, files: hashes(each.files) })),
    }));
    console.log(JSON.stringify(wanted === undefined ? figures : traced, null, 1));
  } else if (wanted === undefined) {
    console.log(renderFigureList(figures));
  } else {
    console.log(figures.map((figure) => renderTrace(figure, hashes)).join('\n\n'));
  }
});
