import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { journalFile } from '../run/journal';
import { readUnfinishedRun, type UnfinishedRun } from '../run/raw-run';
import { RecordFiles } from '../run/record-files';
import { GrowingLines } from './growing-lines';
import { type PageState, pageState } from './page-state';
import { type MadeSoFar, madeSoFar, visitName } from './plan-rows';
import { ReportSoFar } from './report-so-far';
import { type NodeReading, type NumberedReading, RunEvents, readingsOf } from './run-events';

export interface WatchNews {
  /** Where anything but the readings is new. */
  readonly state?: PageState;
  readonly readings: readonly NumberedReading[];
}

/** Follows a run's directory: each look reads what has come since the last. */
export class RunWatch {
  private readonly files = new RecordFiles();
  private readonly lines: GrowingLines;
  private readonly events = new RunEvents();
  private readonly report: ReportSoFar;
  private raw: UnfinishedRun | null = null;
  private made: MadeSoFar = new Map();
  private figures = 0;
  /** What of the state shows without a line of the journal. */
  private seen = '';

  constructor(
    readonly directory: string,
    private readonly now: () => number = () => Date.now() / 1000,
  ) {
    this.lines = new GrowingLines(journalFile(directory));
    this.report = new ReportSoFar(directory, this.files);
  }

  /** Throws RawDataFault where the run is of a newer version of the lab. */
  look(): WatchNews {
    const lines = this.lines.next();
    const readings = this.events.hear(lines);
    const isTold = lines.length > readings.length;
    // Whatever is saved is told of, but in runs of older versions, and where nobody is there any more who tells.
    if (isTold || this.raw === null || this.events.phase !== 'running') this.readRaw();
    const seen = [this.events.phase, this.figures, existsSync(this.reportFile)].join();
    const isNew = isTold || seen !== this.seen;
    this.seen = seen;
    return isNew ? { state: this.state(), readings } : { readings };
  }

  get phase(): PageState['phase'] {
    return this.raw?.plan ? (this.events.phase ?? 'ended') : 'absent';
  }

  state(): PageState {
    return pageState({
      run: basename(this.directory),
      phase: this.phase,
      raw: this.raw,
      made: this.made,
      events: this.events,
      now: this.now(),
      figures: this.figures,
      hasReport: existsSync(this.reportFile),
    });
  }

  /** The readings of the newest visit after the one with this number. */
  readingsAfter(id: number): readonly NumberedReading[] {
    return this.events.readings.filter((reading) => reading.id > id);
  }

  /** Of a visit that has been made; undefined = there is none of this name. */
  readingsOf(name: string): readonly NodeReading[] | undefined {
    const visit = this.raw?.visits.find((each) => visitName(each) === name);
    return visit && readingsOf(visit);
  }

  get reportFile(): string {
    return join(this.directory, 'report.html');
  }

  reportSoFar(): string | undefined {
    return this.report.html(this.figures);
  }

  private readRaw(): void {
    if (!existsSync(join(this.directory, 'plan.json'))) return;
    const raw = readUnfinishedRun(this.directory, this.files);
    if (this.raw && isSame(recordsOf(this.raw), recordsOf(raw))) return;
    this.raw = raw;
    this.made = raw.plan ? madeSoFar(raw, raw.plan) : new Map();
    this.figures += 1;
  }
}

/** Records that have not changed are the same objects. */
function recordsOf(raw: UnfinishedRun): readonly unknown[] {
  const sessions = raw.sessions.map(({ session }) => session);
  const ladders = raw.ladders.map(({ ladder }) => ladder);
  const trials = raw.trials.map(({ trial }) => trial);
  return [raw.plan, raw.environment, ...raw.visits, ...sessions, ...ladders, ...trials, ...raw.impossible];
}

function isSame(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((each, index) => each === b[index]);
}
