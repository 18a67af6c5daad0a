import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { RecordFault } from './checked';

/**
 * The JSON objects of a stream that holds one per line. A line that is no JSON is passed to `refuse` as a RecordFault that
 * shows it; by default that is thrown.
 */
export async function* jsonLines(
  stream: Readable,
  refuse: (fault: RecordFault) => void = (fault) => {
    throw fault;
  },
): AsyncGenerator<unknown, void, void> {
  for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.trim() === '') continue;
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch (cause) {
      refuse(new RecordFault(`expected a line of JSON, got: ${line.slice(0, 200)}`, { cause }));
      continue;
    }
    yield value;
  }
}
