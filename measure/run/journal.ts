import { createWriteStream, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { thisProcess } from '../../machine/processes';
import type { JournalRecord } from './records/journal';

/** Where a run tells what happens in it, beside its raw data: one JSON object per line, appended. */
export function journalFile(run: string): string {
  return join(run, 'progress.jsonl');
}

/** Without the time, which is the moment of writing. */
type Untimed<Line> = Line extends { readonly time: number } ? Omit<Line, 'time'> : Line;

/** What writes the journal; its lines are no data, so that a disk that takes none ends nothing. */
export class Journal {
  private readonly file: WriteStream;

  constructor(
    run: string,
    private readonly now: () => number = () => Date.now() / 1000,
  ) {
    this.file = createWriteStream(journalFile(run), { flags: 'a' });
    this.file.on('error', () => {});
  }

  begin(estimate: { readonly seconds: number; readonly isMost: boolean }): void {
    const { seconds, isMost } = estimate;
    this.write({ event: 'begun', process: thisProcess(), estimatedSeconds: seconds, isMost });
  }

  readonly write = (record: Untimed<JournalRecord>): void => {
    this.file.write(`${JSON.stringify({ ...record, time: this.now() })}\n`);
  };

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.file.end(() => resolve()));
  }
}
