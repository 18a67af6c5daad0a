/** `npm run compare`: effect sizes of one run against another, from the raw data of both. */
import { InputError } from '../config/input-error';
import { EXIT } from '../machine/exit-codes';
import { compareDirectories } from '../measure/analyse/compare/compare-directories';
import type { RunComparison } from '../measure/analyse/compare/compare-runs';
import { comparisonReading, comparisonSentence } from '../measure/report/sections/comparison';
import { renderComparison } from '../measure/report/terminal/comparison-terminal';
import { runCommand } from './run-command';
import { commandOnRuns, runAt } from './runs';

const command = commandOnRuns({
  name: 'npm run compare --',
  description: 'Compares two runs: effect sizes with intervals for every metric, and a sentence on each.',
  examples: [
    'npm run compare -- 2026-11-23-143000 2026-11-24-090000',
    'npm run compare -- before after --metric "page load time"    only what was chosen beforehand',
    `npm run compare -- before after --json | jq '.metrics[] | select(.verdict == "differ") | .sentence'`,
  ],
  notes:
    'Incomplete means: compared, but the runs are not of the same thing (another lab, acceleration or plan), as the\nfirst lines say. Runs that differ are done.',
})
  .argument('<run-a>', 'name of a run under results/, or its path')
  .argument('<run-b>', 'the run that is compared with it')
  .option('--metric <text>', 'only metrics whose group or name holds this text')
  .option('--json', 'print the comparison as JSON');

void runCommand(() => {
  const { metric, json } = command.parse().opts<{ metric?: string; json?: boolean }>();
  const [a = '', b = ''] = command.args.map((run) => runAt(command, run));
  if (a === b) throw new InputError(`${a} is given twice: a run does not differ from itself`);
  const comparison = compareDirectories(a, b, metric);
  if (comparison.metrics.length === 0) {
    if (metric === undefined) throw new Error('there is no metric that either run has measured');
    throw new InputError(`no metric has "${metric}" in its group or name; without --metric all are listed`);
  }
  console.log(json ? asJson(comparison) : renderComparison(comparison));
  return comparison.obstacles.length > 0 ? EXIT.incomplete : EXIT.done;
});

function asJson(comparison: RunComparison): string {
  const metrics = comparison.metrics.map((metric) => ({
    ...metric,
    sentence: comparisonSentence(metric, comparison.sides),
  }));
  return JSON.stringify({ ...comparison, reading: comparisonReading(comparison), metrics }, null, 1);
}
