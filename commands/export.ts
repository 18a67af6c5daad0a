/** `npm run export`: what a paper or a course takes of a report. */
import { mkdirSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { Option } from 'commander';
import { EXIT } from '../machine/exit-codes';
import { writeWholeFile } from '../machine/whole-file';
import { readReportDocument } from '../measure/report/read-document';
import { exportTables, type TableFormat, tableFormats } from '../measure/report/tables/export-files';
import { runCommand } from './run-command';
import { commandOnRuns, runAt } from './runs';

const command = commandOnRuns({
  name: 'npm run export --',
  description: 'Writes every table of a run’s report as LaTeX, CSV or XLSX.',
  examples: [
    'npm run export -- 2026-11-23-143000 --format latex    one file for \\input each, and tables.tex with all',
    'npm run export -- 2026-11-23-143000 --format xlsx --output for-the-course',
  ],
})
  .argument('[run]', 'name of a run under results/, or its path (default: the newest)')
  .addOption(
    new Option('--format <format>', 'of the tables').choices([...tableFormats]).makeOptionMandatory(),
  )
  .option('--output <directory>', 'where the files are written (default: tables/ in the run’s directory)');

void runCommand(async () => {
  const { format, output } = command.parse().opts<{ format: TableFormat; output?: string }>();
  const run = runAt(command, command.args[0]);
  const files = await exportTables(readReportDocument(run), format);
  const directory = output === undefined ? join(run, 'tables') : resolve(output);
  mkdirSync(directory, { recursive: true });
  for (const { name, content } of files) await writeWholeFile(join(directory, name), content);
  console.log(files.map(({ name }) => relative(process.cwd(), join(directory, name))).join('\n'));
  return EXIT.done;
});
