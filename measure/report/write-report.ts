import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeWholeFile } from '../../machine/whole-file';
import { traceFigures } from '../analyse/figures/trace';
import { analyse } from '../analyse/summary';
import { type RawRun, readRawRun } from '../run/raw-run';
import { renderHtml } from './document/html';
import { renderMarkdown } from './document/markdown';
import { reportDocument } from './document/report-document';
import { renderSamples } from './document/samples-csv';
import { chartsOf, renderSvg } from './document/svg';
import { inLanguage, type Language } from './language/language';
import { renderMethods } from './methods/methods';
import { renderTerminal } from './terminal/terminal';

export interface Report {
  readonly html: string;
  readonly markdown: string;
  readonly samples: string;
  readonly summary: string;
  /** The method as a paper tells it. */
  readonly methods: string;
  /** The directory of the charts. */
  readonly charts: string;
  /** The main figures, for a terminal. */
  readonly text: string;
}

/** In English they have the plain names; in other languages they stand beside these: report.id.html, charts/id/. */
function names(language: Language) {
  const infix = language === 'en' ? '' : `.${language}`;
  return {
    html: `report${infix}.html`,
    markdown: `report${infix}.md`,
    charts: language === 'en' ? 'charts' : `charts/${language}`,
  };
}

/**
 * Every file that is made of a run's raw data, by its name: results, and the report in a language. Pure: the same raw data
 * gives the same bytes.
 */
export function renderFiles(
  raw: RawRun,
  analysis = analyse(raw),
  language: Language = 'en',
): Readonly<Record<string, string>> {
  const { summary, samples } = analysis;
  const { html, markdown, charts } = names(language);
  return inLanguage(language, () => {
    const document = reportDocument(analysis, traceFigures(raw, summary));
    return {
      'summary.json': `${JSON.stringify(summary, null, 1)}\n`,
      'samples.csv': renderSamples(summary.run, samples),
      'methods.md': renderMethods(summary),
      [markdown]: renderMarkdown(document),
      [html]: renderHtml(document),
      ...Object.fromEntries(
        chartsOf(document).map((chart) => [`${charts}/${chart.id}.svg`, renderSvg(chart)]),
      ),
    };
  });
}

export interface ReportOptions {
  /** The report is written in English in any case, and in this language beside it. @default 'en' */
  readonly language?: Language;
}

/**
 * Analyses the raw data under `runDirectory` and writes the report, its charts, methods.md, samples.csv and summary.json there, each
 * atomically. Throws RawDataFault where a raw file is missing or broken.
 */
export async function report(runDirectory: string, { language = 'en' }: ReportOptions = {}): Promise<Report> {
  const raw = readRawRun(runDirectory);
  const analysis = analyse(raw);
  const files = {
    ...renderFiles(raw, analysis),
    ...(language === 'en' ? {} : renderFiles(raw, analysis, language)),
  };
  for (const [name, content] of Object.entries(files)) {
    const path = join(runDirectory, name);
    mkdirSync(dirname(path), { recursive: true });
    await writeWholeFile(path, content);
  }
  const at = names(language);
  return {
    summary: join(runDirectory, 'summary.json'),
    methods: join(runDirectory, 'methods.md'),
    samples: join(runDirectory, 'samples.csv'),
    markdown: join(runDirectory, at.markdown),
    html: join(runDirectory, at.html),
    charts: join(runDirectory, at.charts),
    text: inLanguage(language, () => renderTerminal(analysis.summary)),
  };
}
