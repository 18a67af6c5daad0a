import { join } from 'node:path';
import { writeWholeFile } from '../../machine/whole-file';
import { traceFigures } from '../analyse/figures/trace';
import { type Analysis, analyse } from '../analyse/summary';
import { type RawRun, readRawRun } from '../run/raw-run';
import { renderHtml } from './document/html';
import { renderMarkdown } from './document/markdown';
import { reportDocument } from './document/report-document';
import { renderSamples } from './document/samples-csv';
import { renderMethods } from './methods/methods';
import { renderTerminal } from './terminal/terminal';

type ReportFile = 'summary.json' | 'samples.csv' | 'report.md' | 'report.html' | 'methods.md';

export interface Report {
  readonly html: string;
  readonly markdown: string;
  readonly samples: string;
  readonly summary: string;
  /** The method as a paper tells it. */
  readonly methods: string;
  /** The main figures, for a terminal. */
  readonly text: string;
}

/** Every file that is made of a run's raw data, by its name. Pure: the same raw data gives the same bytes. */
export function renderFiles(raw: RawRun, analysis: Analysis): Readonly<Record<ReportFile, string>> {
  const { summary, samples } = analysis;
  const document = reportDocument(analysis, traceFigures(raw, summary));
  return {
    'summary.json': `${JSON.stringify(summary, null, 1)}\n`,
    'samples.csv': renderSamples(summary.run, samples),
    'report.md': renderMarkdown(document),
    'report.html': renderHtml(document),
    'methods.md': renderMethods(summary),
  };
}

/**
 * Analyses the raw data under `runDirectory` and writes report.html, report.md, methods.md, samples.csv and summary.json there, each
 * atomically. Throws RawDataFault where a raw file is missing or broken.
 */
export async function report(runDirectory: string): Promise<Report> {
  const raw = readRawRun(runDirectory);
  const analysis = analyse(raw);
  const files = renderFiles(raw, analysis);
  const write = async (name: ReportFile): Promise<string> => {
    const path = join(runDirectory, name);
    await writeWholeFile(path, files[name]);
    return path;
  };
  return {
    summary: await write('summary.json'),
    samples: await write('samples.csv'),
    markdown: await write('report.md'),
    methods: await write('methods.md'),
    html: await write('report.html'),
    text: renderTerminal(analysis.summary),
  };
}
