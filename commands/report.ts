/** `npm run report`: the report of a run, made again from its raw data. */
import { basename } from 'node:path';
import { report } from '../measure/report/write-report';
import { runCommand } from './run-command';
import { commandOnRuns, runAt } from './runs';

const command = commandOnRuns({
  name: 'npm run report --',
  description:
    'Analyses a run’s raw data and writes report.html, report.md, samples.csv and summary.json beside it.',
  examples: ['npm run report', 'npm run report -- 2026-11-23-143000'],
}).argument('[run]', 'name of a run under results/, or its path (default: the newest)');

void runCommand(async () => {
  command.parse();
  const directory = runAt(command, command.args[0]);
  const files = await report(directory);
  console.log(`${files.text}\n\nRun ${basename(directory)}:`);
  for (const path of [files.html, files.markdown, files.samples, files.summary]) console.log(`  ${path}`);
});
