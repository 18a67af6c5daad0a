/** `npm run compare`: effect sizes of one run against another, from the raw data of both. */
import { resolve } from 'node:path';
import { Command } from 'commander';
import { compareRuns, type RunComparison } from '../measure/analyse/compare/compare-runs';
import { analyse } from '../measure/analyse/summary';
import { comparisonReading, comparisonSentence } from '../measure/report/sections/comparison';
import { renderComparison } from '../measure/report/terminal/comparison-terminal';
import { RawDataFault, readRawRun } from '../measure/run/raw-run';
import { findRun } from './report';

/** Exit codes, named in the help. */
const exitCodes = { compared: 0, unreadable: 1, usage: 2, notComparable: 3 };

const help = `
Exit codes: 0 compared, whether or not the runs differ; 1 a run cannot be read; 2 wrong usage; 3 compared, but the runs
are not of the same thing (another lab, acceleration or plan), as the first lines say.

Examples:
  npm run compare -- 2026-11-23-143000 2026-11-24-090000
  npm run compare -- before after --metric "page load time"    only what was chosen beforehand
  npm run compare -- before after --json | jq '.metrics[] | select(.verdict == "differ") | .sentence'
`;

/** Reads and analyses both runs anew. Throws RawDataFault, with the faults of both runs. */
export function compareDirectories(a: string, b: string, only?: string): RunComparison {
  const faults: string[] = [];
  const read = (directory: string) => {
    try {
      return analyse(readRawRun(directory)).summary;
    } catch (error) {
      if (!(error instanceof RawDataFault)) throw error;
      faults.push(...error.faults);
      return null;
    }
  };
  const [ofA, ofB] = [read(a), read(b)];
  if (ofA === null || ofB === null) throw new RawDataFault(faults);
  return compareRuns(ofA, ofB, only);
}

function asJson(comparison: RunComparison): string {
  const metrics = comparison.metrics.map((metric) => ({ ...metric, sentence: comparisonSentence(metric) }));
  return JSON.stringify({ ...comparison, reading: comparisonReading(comparison), metrics }, null, 1);
}

function main(): number {
  const command = new Command('compare')
    .description('Compares two runs: effect sizes with intervals for every metric, and a sentence on each.')
    .argument('<run-a>', 'name of a run under results/, or its path')
    .argument('<run-b>', 'the run that is compared with it')
    .option('--metric <text>', 'only metrics whose group or name holds this text')
    .option('--json', 'print the comparison as JSON')
    .option('--results <directory>', 'where runs are kept', 'results')
    .addHelpText('after', help)
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : exitCodes.usage))
    .parse();
  const flags = command.opts<{ metric?: string; json?: boolean; results: string }>();
  const [a = '', b = ''] = command.args.map((run) => resolve(findRun(resolve(flags.results), run)));
  if (a === b) {
    console.error(`${a} is given twice: a run does not differ from itself`);
    return exitCodes.usage;
  }
  const comparison = compareDirectories(a, b, flags.metric);
  if (comparison.metrics.length === 0) {
    console.error(
      flags.metric === undefined
        ? 'there is no metric that either run has measured'
        : `no metric has "${flags.metric}" in its group or name; without --metric all are listed`,
    );
    return flags.metric === undefined ? exitCodes.unreadable : exitCodes.usage;
  }
  console.log(flags.json ? asJson(comparison) : renderComparison(comparison));
  return comparison.obstacles.length > 0 ? exitCodes.notComparable : exitCodes.compared;
}

if (process.argv[1] === __filename) {
  try {
    process.exitCode = main();
  } catch (error) {
    if (!(error instanceof RawDataFault)) throw error;
    console.error(error.message);
    process.exitCode = exitCodes.unreadable;
  }
}
