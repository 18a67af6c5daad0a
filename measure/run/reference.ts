import type { z } from 'zod';
import { keyTable } from '../../config/schema-reference';
import { trialRecord } from './records/benchmark';
import { destroyedRecord, environmentRecord } from './records/environment';
import { journalRecord } from './records/journal';
import { ladderRecord } from './records/ladder';
import { FORMAT_VERSION, planRecord } from './records/plan';
import { sessionRecord } from './records/session';
import { visitRecord } from './records/visit';

const FILES: readonly (readonly [file: string, record: z.ZodType])[] = [
  ['plan.json', planRecord],
  ['raw/environment.json', environmentRecord],
  ['raw/resources/<visit>.json', visitRecord],
  ['raw/qos/<session>/session.json', sessionRecord],
  ['raw/load/<ladder>.json', ladderRecord],
  ['raw/benchmarks/<trial>.json', trialRecord],
  ['raw/destroy.json', destroyedRecord.element],
];

/** The lines of progress.jsonl by what they tell. */
const EVENTS = journalRecord.options.map((option) => [option.shape.event.value, option] as const);

/** docs/reference/raw-data.md: every file of a run, and every field. */
export function rawDataReference(): string {
  const sections = FILES.flatMap(([file, record]) => [
    `## ${file}`,
    ...(file === 'raw/destroy.json' ? ['A list of:'] : []),
    ...(record.description ? [record.description] : []),
    keyTable(record),
  ]);
  const events = EVENTS.flatMap(([event, record]) => [`### ${event}`, keyTable(record)]);
  return `${[HEAD, ...sections, JOURNAL, ...events, FOOT].join('\n\n')}\n`;
}

const HEAD = `# Raw data

What a run keeps under \`results/<run>\`. Every figure of a report can be made again from it, with the
same bytes. Unless a name says otherwise, times are Unix seconds with fractions by the node's clock
and sizes are bytes. A value that could not be had is null, never 0.

Beside the files below, \`raw/qos/<session>/client.pcap\` and \`server.pcap\` are the captures at the
clients and at the guest's tap (pcap, nanoseconds, 128 bytes of each packet). \`<visit>\` is
\`000-level2\`, \`<session>\`, \`<ladder>\` and \`<trial>\` are \`000-wordpress\`, in the order
made. \`raw/lab.yaml\` is lab.yaml as it was when the run was registered, its comments included; older
runs have none.

This is format ${FORMAT_VERSION}. Older runs are read; a newer one is refused by its number.`;

const JOURNAL = `## progress.jsonl

No raw data: what happens while a run is made, for \`npm run watch\`. One JSON object per line,
appended; a run that is resumed goes on in the same file. No figure depends on it, and older runs
have none. Its lines, by their \`event\`:`;

const FOOT = `This page is made from \`measure/run/records/\`:
\`UPDATE_DOCS=1 npx jest --testPathPatterns reference\`.`;
