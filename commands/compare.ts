/** `npm run compare`: effect sizes of runs against another, from the raw data of all. */
import { resolve } from 'node:path';
import { InputError } from '../config/input-error';
import { EXIT } from '../machine/exit-codes';
import { writeWholeFile } from '../machine/whole-file';
import { compareRuns, type RunComparison } from '../measure/analyse/compare/compare-runs';
import { byDate, compareSeries } from '../measure/analyse/compare/compare-series';
import { readSummaries } from '../measure/analyse/compare/read-summaries';
import { pairPage } from '../measure/report/comparison/pair-page';
import { seriesPage } from '../measure/report/comparison/series-page';
import { comparisonReading, comparisonSentence } from '../measure/report/sections/comparison';
import { seriesReading } from '../measure/report/sections/series';
import { renderComparison } from '../measure/report/terminal/comparison-terminal';
import { renderSeries } from '../measure/report/terminal/series-terminal';
import { runCommand } from './run-command';
import { commandOnRuns, runAt } from './runs';

const command = commandOnRuns({
  name: 'npm run compare --',
  description:
    'Compares runs: effect sizes with intervals for every metric, and a sentence on each. More than two are\na series in the order of their dates, each compared with the first.',
  examples: [
    'npm run compare -- 2026-11-23-143000 2026-11-24-090000',
    'npm run compare -- before after --metric "page load time"    only what was chosen beforehand',
    'npm run compare -- monday tuesday wednesday --metric cpu     a series over time',
    'npm run compare -- before after --html compared.html         charts of both on one axis',
    `npm run compare -- before after --json | jq '.metrics[] | select(.verdict == "differ") | .sentence'`,
  ],
  notes:
    'Incomplete means: compared, but the runs are not of the same thing (another lab, acceleration or plan), as the\nfirst lines say. Runs that differ are done.',
})
  .argument('<run-a>', 'name of a run under results/, or its path')
  .argument('<run-b>', 'the run that is compared with it')
  .argument('[runs...]', 'further runs')
  .option('--metric <text>', 'only metrics whose group or name holds this text')
  .option('--html <file>', 'write one page with charts, which needs no other file')
  .option('--json', 'print the comparison as JSON');

interface Options {
  readonly metric?: string;
  readonly html?: string;
  readonly json?: boolean;
}

void runCommand(async () => {
  const { metric, html, json } = command.parse().opts<Options>();
  const directories = command.args.map((run) => runAt(command, run));
  const twice = directories.find((directory, index) => directories.indexOf(directory) < index);
  if (twice !== undefined) throw new InputError(`${twice} is given twice: a run does not differ from itself`);
  const summaries = readSummaries(directories);
  const [a, b] = summaries;
  if (a === undefined || b === undefined) throw new RangeError('two runs or more are compared');
  if (summaries.length > 2) {
    const series = compareSeries(summaries, metric);
    refuseNone(series.figures, metric);
    console.log(json ? asJson({ ...series, reading: seriesReading(series) }) : renderSeries(series));
    await save(html, () => seriesPage(series, byDate(summaries)));
    return series.obstacles.length > 0 ? EXIT.incomplete : EXIT.done;
  }
  const comparison = compareRuns(a, b, metric);
  refuseNone(comparison.metrics, metric);
  console.log(json ? asJson(withSentences(comparison)) : renderComparison(comparison));
  await save(html, () => pairPage(comparison, [a, b]));
  return comparison.obstacles.length > 0 ? EXIT.incomplete : EXIT.done;
});

async function save(file: string | undefined, page: () => string): Promise<void> {
  if (file === undefined) return;
  const path = resolve(file);
  await writeWholeFile(path, page());
  console.error(`The page is written: ${path}`);
}

function refuseNone(figures: readonly unknown[], metric: string | undefined): void {
  if (figures.length > 0) return;
  if (metric === undefined) throw new Error('there is no metric that any of the runs has measured');
  throw new InputError(`no metric has "${metric}" in its group or name; without --metric all are listed`);
}

function withSentences(comparison: RunComparison): object {
  const metrics = comparison.metrics.map((metric) => ({
    ...metric,
    sentence: comparisonSentence(metric, comparison.sides),
  }));
  return { ...comparison, reading: comparisonReading(comparison), metrics };
}

function asJson(value: object): string {
  return JSON.stringify(value, null, 1);
}
