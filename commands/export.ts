/** `npm run export`: what a paper or a course takes of a report. */
import { mkdirSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { Option } from 'commander';
import { EXIT } from '../machine/exit-codes';
import { writeWholeFile } from '../machine/whole-file';
import type { ReportDocument } from '../measure/report/document/document';
import { chartsOf, renderSvg } from '../measure/report/document/svg';
import { readReportDocument } from '../measure/report/read-document';
import {
  type ExportedFile,
  exportTables,
  type TableFormat,
  tableFormats,
} from '../measure/report/tables/export-files';
import { findCommand } from '../setup/system-packages';
import { printFigures } from './print-figures';
import { runCommand } from './run-command';
import { commandOnRuns, runAt } from './runs';

const chartFormats = ['pdf', 'svg'] as const;
type Format = TableFormat | (typeof chartFormats)[number];

const command = commandOnRuns({
  name: 'npm run export --',
  description: 'Writes every table of a run’s report as LaTeX, CSV or XLSX, or every chart as PDF or SVG.',
  examples: [
    'npm run export -- 2026-11-23-143000 --format latex    one file for \\input each, and tables.tex with all',
    'npm run export -- 2026-11-23-143000 --format pdf      one page for each chart, in its size',
    'npm run export -- 2026-11-23-143000 --format xlsx --output for-the-course',
  ],
})
  .argument('[run]', 'name of a run under results/, or its path (default: the newest)')
  .addOption(
    new Option('--format <format>', 'of tables: latex, csv, xlsx; of charts: pdf, svg')
      .choices([...tableFormats, ...chartFormats])
      .makeOptionMandatory(),
  )
  .option(
    '--output <directory>',
    'where the files are written (default: tables/ or charts/ in the run’s directory)',
  );

void runCommand(async () => {
  const { format, output } = command.parse().opts<{ format: Format; output?: string }>();
  const run = runAt(command, command.args[0]);
  const report = readReportDocument(run);
  const isChart = format === 'pdf' || format === 'svg';
  const files = isChart ? await charts(report, format) : await exportTables(report, format);
  const directory = output === undefined ? join(run, isChart ? 'charts' : 'tables') : resolve(output);
  mkdirSync(directory, { recursive: true });
  for (const { name, content } of files) await writeWholeFile(join(directory, name), content);
  console.log(files.map(({ name }) => relative(process.cwd(), join(directory, name))).join('\n'));
  return EXIT.done;
});

async function charts(report: ReportDocument, format: 'pdf' | 'svg'): Promise<readonly ExportedFile[]> {
  const figures = chartsOf(report).map((chart) => ({
    name: chart.id,
    svg: renderSvg(chart),
    foot: report.label,
  }));
  if (format === 'pdf') return printFigures(findCommand('chromium'), figures);
  return figures.map(({ name, svg }) => ({ name: `${name}.svg`, content: svg }));
}
