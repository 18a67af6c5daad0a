import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** The JSON objects of a stream that holds one per line. A line that is no JSON is an error that shows it. */
export async function* jsonLines(stream: Readable): AsyncGenerator<unknown, void, void> {
  for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.trim() === '') continue;
    try {
      yield JSON.parse(line);
    } catch (error) {
      throw new Error(`expected a line of JSON, got: ${line.slice(0, 200)}`, { cause: error });
    }
  }
}
