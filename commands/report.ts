/** `npm run report`: the report of a run, made again from its raw data, or from a bundle of it. */
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, resolve } from 'node:path';
import { InputError } from '../config/input-error';
import { EXIT, type ExitCode } from '../machine/exit-codes';
import { inWorkDirectory } from '../machine/work-directory';
import { checkBundle } from '../measure/bundle/check-bundle';
import { renderCheck } from '../measure/bundle/check-text';
import type { Language } from '../measure/report/language/language';
import { report } from '../measure/report/write-report';
import { findCommand } from '../setup/system-packages';
import { languageOption } from './command-line';
import { printPdf } from './print-pdf';
import { runCommand } from './run-command';
import { commandOnRuns, runAt } from './runs';

const command = commandOnRuns({
  name: 'npm run report --',
  description:
    'Analyses a run’s raw data and writes report.html, report.md, methods.md, charts/, samples.csv and summary.json beside it. Of a bundle it checks every file and says whether the same raw data gives the same bytes here.',
  examples: [
    'npm run report',
    'npm run report -- 2026-11-23-143000',
    'npm run report -- --pdf                                          prints report.pdf as well',
    'npm run report -- --lang id                                      in Indonesian too: report.id.html',
    'npm run report -- downloads/2026-11-23-143000.zip                checks a bundle, wherever it is',
    'npm run report -- downloads/2026-11-23-143000.zip --to results/theirs    and unpacks it as a run',
  ],
  notes:
    'Incomplete means, of a bundle: every file is as listed, but this version of the lab draws another report.',
})
  .argument('[run]', 'name of a run under results/, its path, or a bundle (default: the newest run)')
  .addOption(languageOption())
  .option('--pdf', 'print report.pdf too, with Chromium: A4, all sections open')
  .option('--to <directory>', 'with a bundle: where it is unpacked; must not be there yet, or be empty');

interface Options {
  readonly to?: string;
  readonly pdf?: boolean;
  readonly lang: Language;
}

void runCommand(async () => {
  const { to, pdf: wantsPdf, lang: language } = command.parse().opts<Options>();
  const directory = runAt(command, command.args[0]);
  const isBundle = existsSync(directory) && statSync(directory).isFile();
  if (isBundle && wantsPdf) throw new InputError(`--pdf is for runs, and ${directory} is a bundle`);
  if (isBundle) return check(directory, to);
  if (to !== undefined) throw new InputError(`--to is for bundles, and ${directory} is a run`);
  const files = await report(directory, { language });
  console.log(`${files.text}\n\nRun ${basename(directory)}:`);
  const { html, markdown, charts, methods, samples, summary } = files;
  const pdf = wantsPdf ? [html.replace(/html$/, 'pdf')] : [];
  for (const path of pdf) await printPdf(findCommand('chromium'), html, path, `Run ${basename(directory)}`);
  for (const path of [html, ...pdf, markdown, charts, methods, samples, summary]) console.log(`  ${path}`);
  return EXIT.done;
});

async function check(bundle: string, to: string | undefined): Promise<ExitCode> {
  if (to !== undefined) return checkIn(bundle, emptyDirectory(resolve(to)));
  return inWorkDirectory(tmpdir(), 'lab-bundle', (directory) => checkIn(bundle, directory));
}

async function checkIn(bundle: string, directory: string): Promise<ExitCode> {
  const checked = await checkBundle(bundle, directory);
  console.log(renderCheck(basename(bundle), checked));
  if (checked.faults.length > 0) return EXIT.failed;
  return checked.drawn.every(({ same }) => same) ? EXIT.done : EXIT.incomplete;
}

function emptyDirectory(path: string): string {
  mkdirSync(path, { recursive: true });
  if (readdirSync(path).length > 0) throw new InputError(`--to ${path}: is not empty`);
  return path;
}
