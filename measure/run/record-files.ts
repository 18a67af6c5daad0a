import { readFileSync, statSync } from 'node:fs';
import type { z } from 'zod';
import { negativeDuration } from './records/fields';

/** What a file gave: its record, or why there is none. */
export interface FoundRecord<T> {
  readonly record: T | null;
  /** With file and field. */
  readonly faults: readonly string[];
  /** What of its times is impossible; null = nothing. */
  readonly impossible: string | null;
}

/**
 * Files of one record each. One that has been read is not read again until it is another file or has another time or
 * size: who follows a run asks again and again. A file that has not changed gives the same object.
 */
export class RecordFiles {
  private readonly known = new Map<
    string,
    { readonly stamp: string; readonly found: FoundRecord<unknown> }
  >();

  read<T>(file: string, schema: z.ZodType<T>, impossibleTimes: (record: T) => string | null): FoundRecord<T> {
    const stat = statSync(file, { throwIfNoEntry: false });
    const stamp = stat ? `${stat.ino} ${stat.mtimeMs} ${stat.size}` : 'absent';
    const known = this.known.get(file);
    if (known?.stamp === stamp) return known.found as FoundRecord<T>;
    const found = readRecord(file, schema, impossibleTimes);
    this.known.set(file, { stamp, found });
    return found;
  }
}

function readRecord<T>(
  file: string,
  schema: z.ZodType<T>,
  impossibleTimes: (record: T) => string | null,
): FoundRecord<T> {
  const none = (faults: readonly string[], impossible: string | null = null): FoundRecord<T> => ({
    record: null,
    faults,
    impossible,
  });
  try {
    const result = schema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
    const finding = result.success ? impossibleTimes(result.data) : negativeDurationOf(result.error);
    if (finding !== null) return none([], finding);
    if (result.success) return { record: result.data, faults: [], impossible: null };
    return none(
      result.error.issues.map(
        (issue) => `${file}: ${issue.path.join('.') || 'the file as a whole'}: ${issue.message}`,
      ),
    );
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    return none([`${file}: ${missing ? 'the file is missing' : (error as Error).message}`]);
  }
}

/** What is wrong with a record that is right but for durations below 0; null = there is more to it, or no such thing. */
function negativeDurationOf({ issues }: z.ZodError): string | null {
  const [first] = issues;
  if (!first || issues.some(({ message }) => message !== negativeDuration)) return null;
  return `${first.path.join('.')}: ${first.message}`;
}
