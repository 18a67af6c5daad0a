/** `npm run trace`: what a figure of a report is made of, down to the raw files. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { type TracedFigure, traceFigures } from '../measure/analyse/figures/trace';
import { analyse } from '../measure/analyse/summary';
import { type HashedFile, renderFigureList, renderTrace } from '../measure/report/terminal/trace-terminal';
import { RawDataFault, readRawRun } from '../measure/run/raw-run';
import { findRun } from './report';

/** Exit codes, named in the help. */
const exitCodes = { traced: 0, unreadable: 1, usage: 2 };

const help = `
Exit codes: 0 traced; 1 the run cannot be read; 2 wrong usage, or no figure of that name.

Examples:
  npm run trace -- 2026-11-23-143000                          every figure and its value
  npm run trace -- 2026-11-23-143000 "level 2/cpuPercent"     what this one is made of
  npm run trace -- 2026-11-23-143000 "packet loss" --json     by a part of its name
`;

/**
 * Figures of a run, analysed anew from its raw data. `wanted`: the beginning of a path where one begins so, else a part of
 * path or name, whatever the capitals; undefined = all.
 */
export function traceRun(directory: string, wanted?: string): readonly TracedFigure[] {
  const raw = readRawRun(directory);
  const figures = traceFigures(raw, analyse(raw).summary);
  if (wanted === undefined) return figures;
  const text = wanted.toLowerCase();
  const exact = figures.filter(({ path }) => path.toLowerCase() === text);
  const begun = figures.filter(({ path }) => path.toLowerCase().startsWith(text));
  const holding = figures.filter(({ path, group, name }) =>
    `${path}\n${group}: ${name}`.toLowerCase().includes(text),
  );
  return [exact, begun, holding].find((found) => found.length > 0) ?? [];
}

/** SHA-256 of the run's files, each read once. */
export function hasher(directory: string): (files: readonly string[]) => readonly HashedFile[] {
  const known = new Map<string, string | null>();
  const hash = (file: string): string | null => {
    const path = join(directory, file);
    return existsSync(path) ? createHash('sha256').update(readFileSync(path)).digest('hex') : null;
  };
  return (files) =>
    files.map((file) => {
      const sha256 = known.get(file) ?? hash(file);
      known.set(file, sha256);
      return { file, sha256 };
    });
}

function main(): number {
  const command = new Command('trace')
    .description(
      'Shows what a figure of a run’s report is made of: observations, rule, raw files with SHA-256.',
    )
    .argument('<run>', 'name of a run under results/, or its path')
    .argument('[figure]', 'its path as listed without this, the beginning of it, or a part of its name')
    .option('--json', 'print as JSON')
    .option('--results <directory>', 'where runs are kept', 'results')
    .addHelpText('after', help)
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : exitCodes.usage))
    .parse();
  const flags = command.opts<{ json?: boolean; results: string }>();
  const [run, wanted] = command.processedArgs as [string, string | undefined];
  const directory = findRun(resolve(flags.results), run);
  const figures = traceRun(directory, wanted);
  if (figures.length === 0) {
    console.error(`no figure is named "${wanted}"; npm run trace -- ${run} lists all of them`);
    return exitCodes.usage;
  }
  const hashes = hasher(directory);
  if (flags.json) {
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
  return exitCodes.traced;
}

if (process.argv[1] === __filename) {
  // The list is long: whoever reads its first lines only (head, less) ends the pipe.
  process.stdout.on('error', () => process.exit());
  try {
    process.exitCode = main();
  } catch (error) {
    if (!(error instanceof RawDataFault)) throw error;
    console.error(error.message);
    process.exitCode = exitCodes.unreadable;
  }
}
