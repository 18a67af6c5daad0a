/** `npm run compare`: effect sizes of runs against another, from the raw data of all. */
import { resolve } from 'node:path';
import { readBudget } from '../config/budget';
import { InputError } from '../config/input-error';
import { EXIT, type ExitCode } from '../machine/exit-codes';
import { writeWholeFile } from '../machine/whole-file';
import { type BudgetAnswer, checkBudget, knownFigures } from '../measure/analyse/compare/budget';
import { compareRuns, type RunComparison } from '../measure/analyse/compare/compare-runs';
import { byDate, compareSeries } from '../measure/analyse/compare/compare-series';
import { readSummaries } from '../measure/analyse/compare/read-summaries';
import type { Summary } from '../measure/analyse/summary';
import { pairPage } from '../measure/report/comparison/pair-page';
import { seriesPage } from '../measure/report/comparison/series-page';
import { comparisonReading, comparisonSentence } from '../measure/report/sections/comparison';
import { seriesReading } from '../measure/report/sections/series';
import { renderBudget } from '../measure/report/terminal/budget-terminal';
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
    'npm run compare -- before after --budget budget.yaml         limits on figures, as an exit code for CI',
    `npm run compare -- before after --json | jq '.metrics[] | select(.verdict == "differ") | .sentence'`,
  ],
  notes:
    'Incomplete means: compared, but the runs are not of the same thing (another lab, acceleration or plan), as the\nfirst lines say. Runs that differ are done.\nWith --budget the exit code is that of the budget alone: done, exceeded, or incomplete where it cannot be told.',
})
  .argument('<run-a>', 'name of a run under results/, or its path')
  .argument('<run-b>', 'the run that is compared with it')
  .argument('[runs...]', 'further runs')
  .option('--metric <text>', 'only metrics whose group or name holds this text')
  .option('--html <file>', 'write one page with charts, which needs no other file')
  .option('--budget <file>', 'limits on figures of the last run; the exit code says whether they are kept')
  .option('--json', 'print the comparison as JSON');

interface Options {
  readonly metric?: string;
  readonly html?: string;
  readonly budget?: string;
  readonly json?: boolean;
}

/** A comparison in all its forms. */
interface Shown {
  readonly figures: readonly unknown[];
  readonly obstacles: readonly string[];
  /** What the run is called that limits are for. */
  readonly last: string;
  readonly json: object;
  text(): string;
  page(): string;
}

void runCommand(async () => {
  const { metric, html, budget, json } = command.parse().opts<Options>();
  const directories = command.args.map((run) => runAt(command, run));
  const twice = directories.find((directory, index) => directories.indexOf(directory) < index);
  if (twice !== undefined) throw new InputError(`${twice} is given twice: a run does not differ from itself`);
  const summaries = readSummaries(directories);
  const [first, last] = firstAndLast(summaries);
  const answers =
    budget === undefined ? [] : checkBudget(readBudget(budget, knownFigures([first, last])), first, last);
  const shown =
    summaries.length > 2 ? ofSeries(summaries, metric, answers) : ofPair(first, last, metric, answers);
  refuseNone(shown.figures, metric);
  if (json) {
    console.log(
      JSON.stringify({ ...shown.json, ...(budget === undefined ? {} : { budget: answers }) }, null, 1),
    );
  } else {
    console.log(shown.text());
    if (budget !== undefined) console.log(`\n${renderBudget(answers, shown.last)}`);
  }
  await save(html, () => shown.page());
  if (budget !== undefined) return budgetCode(answers);
  return shown.obstacles.length > 0 ? EXIT.incomplete : EXIT.done;
});

/** Two runs in the order given, more by their dates. */
function firstAndLast(summaries: readonly Summary[]): readonly [Summary, Summary] {
  const ordered = summaries.length > 2 ? byDate(summaries) : summaries;
  const [first, last] = [ordered[0], ordered.at(-1)];
  if (first === undefined || last === undefined) throw new RangeError('two runs or more are compared');
  return [first, last];
}

function ofPair(a: Summary, b: Summary, metric: string | undefined, answers: readonly BudgetAnswer[]): Shown {
  const comparison = compareRuns(a, b, metric);
  return {
    figures: comparison.metrics,
    obstacles: comparison.obstacles,
    last: comparison.sides[1],
    json: withSentences(comparison),
    text: () => renderComparison(comparison),
    page: () => pairPage(comparison, [a, b], answers),
  };
}

function ofSeries(
  summaries: readonly Summary[],
  metric: string | undefined,
  answers: readonly BudgetAnswer[],
): Shown {
  const series = compareSeries(summaries, metric);
  return {
    figures: series.figures,
    obstacles: series.obstacles,
    last: series.runs.at(-1)?.side ?? '',
    json: { ...series, reading: seriesReading(series) },
    text: () => renderSeries(series),
    page: () => seriesPage(series, byDate(summaries), answers),
  };
}

function budgetCode(answers: readonly BudgetAnswer[]): ExitCode {
  if (answers.some(({ verdict }) => verdict === 'exceeded')) return EXIT.exceeded;
  return answers.some(({ verdict }) => verdict !== 'kept') ? EXIT.incomplete : EXIT.done;
}

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
