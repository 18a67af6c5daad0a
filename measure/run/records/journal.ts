import { z } from 'zod';
import { counterConstants, counterSampleRecord } from './counters';
import { count, fault, type RecordOf, record, seconds, time } from './fields';

const repetition = {
  time: time.describe('By the clock of who measures, as in every line but of samples.'),
  kind: z.enum(['visit', 'session', 'ladder', 'trial']),
  name: z.string().describe('Name of its files in the run.'),
};

const begun = record({
  event: z.literal('begun'),
  time,
  process: record({ pid: count, startTicks: count, boot: z.string() }).describe(
    'Who measures: while it lives the run is under way.',
  ),
  estimatedSeconds: seconds.describe('About how long measuring takes in all.'),
  isMost: z.boolean().describe('A rule of precision may end it sooner.'),
});
const sample = record({
  event: z.literal('sample'),
  settling: z.boolean().describe('The level settles; the sample is in no mean.'),
  sample: counterSampleRecord.describe('As in the file of the visit, which comes when the visit ends.'),
  ...counterConstants.shape,
});

/** A line of progress.jsonl: one thing that happened. */
export const journalRecord = z.discriminatedUnion('event', [
  begun,
  record({ event: z.literal('step'), time, text: z.string().describe('As in the terminal.') }),
  record({ event: z.literal('making'), ...repetition }),
  sample,
  record({ event: z.literal('made'), ...repetition, fault }),
  record({ event: z.literal('enough'), ...repetition }),
  record({ event: z.literal('ended'), time, interrupted: z.boolean() }),
]);

export type JournalRecord = RecordOf<typeof journalRecord>;
