import { join } from 'node:path';
import { writeWholeFile } from '../../machine/whole-file';
import { traceFigures } from '../analyse/figures/trace';
import { analyse } from '../analyse/summary';
import { readRawRun } from '../run/raw-run';
import { renderHtml } from './document/html';
import { renderMarkdown } from './document/markdown';
import { reportDocument } from './document/report-document';
import { renderSamples } from './document/samples-csv';
import { inLanguage, type Language } from './language/language';
import { renderTerminal } from './terminal/terminal';

export interface Report {
  readonly html: string;
  readonly markdown: string;
  readonly samples: string;
  readonly summary: string;
  /** The main figures, for a terminal. */
  readonly text: string;
}

export interface ReportOptions {
  readonly language?: Language;
}

/**
 * Analyses the raw data under `runDirectory` and writes report.html, report.md, samples.csv and summary.json there, each
 * atomically. The same raw data gives the same bytes. Throws RawDataFault where a raw file is missing or broken.
 */
export async function report(runDirectory: string, { language = 'en' }: ReportOptions = {}): Promise<Report> {
  const raw = readRawRun(runDirectory);
  const analysis = analyse(raw);
  const { summary, samples } = analysis;
  const pages = inLanguage(language, () => {
    const document = reportDocument(analysis, traceFigures(raw, summary));
    return { html: renderHtml(document), markdown: renderMarkdown(document) };
  });
  const write = async (name: string, content: string): Promise<string> => {
    const path = join(runDirectory, name);
    await writeWholeFile(path, content);
    return path;
  };
  return {
    summary: await write('summary.json', `${JSON.stringify(summary, null, 1)}\n`),
    samples: await write('samples.csv', renderSamples(summary.run, samples)),
    markdown: await write('report.md', pages.markdown),
    html: await write('report.html', pages.html),
    text: renderTerminal(summary),
  };
}
