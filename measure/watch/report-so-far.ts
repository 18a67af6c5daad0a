import { analyseSession } from '../analyse/sessions/qos';
import { analyse } from '../analyse/summary';
import { renderHtml } from '../report/document/html';
import { reportDocument } from '../report/document/report-document';
import type { QosSession } from '../run/raw-data';
import { RawDataFault, type RawRun, readRawRun } from '../run/raw-run';
import type { RecordFiles } from '../run/record-files';

/**
 * The report of what has been measured so far: the same analysis, the same page. Made when somebody asks, and then again
 * only where there is something new; the captures of a session are read once.
 */
export class ReportSoFar {
  private readonly sessions = new WeakMap<QosSession, ReturnType<typeof analyseSession>>();
  private made?: { readonly figures: number; readonly html: string };

  constructor(
    private readonly directory: string,
    private readonly files: RecordFiles,
  ) {}

  /** `figures` says which state of the run; undefined = nothing can be reported yet. */
  html(figures: number): string | undefined {
    if (this.made?.figures === figures) return this.made.html;
    const raw = this.read();
    if (!raw || raw.visits.length + raw.sessions.length + raw.ladders.length + raw.trials.length === 0) {
      return undefined;
    }
    const html = renderHtml(reportDocument(analyse(raw, this.ofSession)));
    this.made = { figures, html };
    return html;
  }

  private read(): RawRun | undefined {
    try {
      return readRawRun(this.directory, this.files);
    } catch (error) {
      if (error instanceof RawDataFault) return undefined;
      throw error;
    }
  }

  private readonly ofSession: typeof analyseSession = (directory, session) => {
    const known = this.sessions.get(session) ?? analyseSession(directory, session);
    this.sessions.set(session, known);
    return known;
  };
}
