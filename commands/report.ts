import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { Command } from 'commander';
import writeFileAtomic from 'write-file-atomic';
import { analyse } from '../measure/analyse/summary';
import { renderHtml } from '../measure/report/document/html';
import { renderMarkdown } from '../measure/report/document/markdown';
import { reportDocument } from '../measure/report/document/report-document';
import { renderSamples } from '../measure/report/document/samples-csv';
import { renderTerminal } from '../measure/report/terminal/terminal';
import { RawDataFault, readRawRun } from '../measure/run/raw-run';

export interface Report {
  readonly html: string;
  readonly markdown: string;
  readonly samples: string;
  readonly summary: string;
  /** The main figures, for a terminal. */
  readonly text: string;
}

/**
 * Analyses the raw data under `runDirectory` and writes report.html, report.md, samples.csv and summary.json there, each
 * atomically. The same raw data gives the same bytes. Throws RawDataFault where a raw file is missing or broken.
 */
export async function report(runDirectory: string): Promise<Report> {
  const analysis = analyse(readRawRun(runDirectory));
  const { summary, samples } = analysis;
  const document = reportDocument(analysis);
  const write = async (name: string, content: string): Promise<string> => {
    const path = join(runDirectory, name);
    await writeFileAtomic(path, content);
    return path;
  };
  return {
    summary: await write('summary.json', `${JSON.stringify(summary, null, 1)}\n`),
    samples: await write('samples.csv', renderSamples(summary.run, samples)),
    markdown: await write('report.md', renderMarkdown(document)),
    html: await write('report.html', renderHtml(document)),
    text: renderTerminal(summary),
  };
}

/** The run's directory for a name or path; without one, the run whose plan was registered last. */
export function findRun(results: string, run: string | undefined): string {
  if (run !== undefined) return [join(results, run), resolve(run)].find(existsSync) ?? join(results, run);
  const plans = existsSync(results)
    ? readdirSync(results).filter((name) => existsSync(join(results, name, 'plan.json')))
    : [];
  const newest = plans
    .map((name) => readPlanTime(join(results, name)))
    .sort((a, b) => (a.registeredAt < b.registeredAt ? -1 : 1))
    .pop();
  if (newest === undefined) {
    throw new RawDataFault([`${results}: there is no run yet; "npm run measure" makes one`]);
  }
  return newest.directory;
}

function readPlanTime(directory: string): { directory: string; registeredAt: string } {
  const file = join(directory, 'plan.json');
  try {
    const plan: { registeredAt?: unknown } = JSON.parse(readFileSync(file, 'utf8'));
    return { directory, registeredAt: String(plan.registeredAt) };
  } catch (cause) {
    throw new RawDataFault([`${file}: ${(cause as Error).message}`]);
  }
}

async function main(): Promise<void> {
  const program = new Command('report')
    .description(
      'Analyse a run’s raw data and write report.html, report.md, samples.csv and summary.json beside it',
    )
    .argument('[run]', 'name of a run under results/, or its path (default: the newest)')
    .option('--results <directory>', 'where runs are kept', 'results')
    .addHelpText('after', '\nExit codes: 0 written, 1 the raw data cannot be read, 2 wrong usage.')
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
    .parse();
  const { results } = program.opts<{ results: string }>();
  try {
    const directory = findRun(resolve(results), program.args[0]);
    const files = await report(directory);
    console.log(`${files.text}\n\nRun ${basename(directory)}:`);
    for (const path of [files.html, files.markdown, files.samples, files.summary]) console.log(`  ${path}`);
  } catch (error) {
    if (!(error instanceof RawDataFault)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}

if (process.argv[1] === __filename) void main();
