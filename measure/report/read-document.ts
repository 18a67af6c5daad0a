import { traceFigures } from '../analyse/figures/trace';
import { analyse } from '../analyse/summary';
import { readRawRun } from '../run/raw-run';
import type { ReportDocument } from './document/document';
import { reportDocument } from './document/report-document';

/** The document of a run's report, from its raw data. Throws RawDataFault where that is missing or broken. */
export function readReportDocument(runDirectory: string): ReportDocument {
  const raw = readRawRun(runDirectory);
  const analysis = analyse(raw);
  return reportDocument(analysis, traceFigures(raw, analysis.summary));
}
