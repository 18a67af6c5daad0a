import { z } from 'zod';
import { bytes, client, count, fault, port, type RecordOf, record, seconds, time } from './fields';
import { delayMadeIn, linkShapeRecord } from './link';

export const loadRequestRecord = record({
  path: z.string(),
  intendedAt: time.describe('Latency counts from here.'),
  startedAt: time
    .nullable()
    .describe('Null = never started: as many as may be were under way until the step was cut off.'),
  held: z.boolean().describe('Whether as many as may be were under way at the intended time.'),
  firstByteAt: time.nullable().describe('Null where the request failed before it.'),
  endedAt: time.nullable().describe('Null = never started.'),
  status: z.number().nullable().describe('HTTP status.'),
  bytes: bytes.describe('Body bytes as received.'),
  error: z.string().nullable(),
}).describe('A page asked for at its intended time, without waiting for answers before.');

/** What the generator prints before its requests. */
export const loadRunRecord = record({ startedAt: time, cpuSeconds: seconds });

export const loadStepRecord = record({
  ratePerSecond: z
    .number()
    .positive()
    .describe('As planned; the number of requests is its product with `seconds`, rounded.'),
  startedAt: time,
  seconds: z.number().positive().describe('Time over which the requests are spread.'),
  warmUp: z
    .array(loadRequestRecord)
    .describe(
      'Every page once before the step, one after the other: after a boot, or behind what is left of the step before.',
    ),
  requests: z.array(loadRequestRecord).describe('In the order intended.'),
  generatorCpuSeconds: seconds.describe('CPU time of the generator.'),
}).describe('One rate, offered for a while.');

export const userStepRecord = record({
  users: count.describe('At once; each has a request under way or thinks.'),
  thinkSeconds: seconds.describe('Mean of the exponential distribution that think times are drawn from.'),
  startedAt: time.describe('The first requests come a think time later.'),
  seconds: z.number().positive().describe('Time after which no user asks any more.'),
  warmUp: z.array(loadRequestRecord).describe('As in a step.'),
  requests: z
    .array(loadRequestRecord)
    .describe('In the order started; a request is meant to start when its user has thought.'),
  generatorCpuSeconds: seconds.describe('CPU time of the generator.'),
}).describe('A number of users in a closed loop.');

export const ladderRecord = record({
  ladder: count.describe('Its number in the run, from 0.'),
  guest: z.string(),
  role: z.string(),
  client: client.describe('Where the requests come from.'),
  serverAddress: z.string(),
  serverPort: port,
  startedAt: time,
  endedAt: time,
  seed: z.number().describe('Intended times of step n are drawn from seed + n.'),
  generator: z.string().describe('What made the requests, in words.'),
  link: record({ shape: linkShapeRecord, delayMadeIn }).optional().describe('As in a session.'),
  steps: z.array(loadStepRecord),
  userSteps: z
    .array(userStepRecord)
    .optional()
    .describe('The closed loop, after the steps; absent where the plan has no users, and in older runs.'),
  fault,
}).describe('Steps of load on one application, the next one chosen by what became of those before.');

export type LoadRequest = RecordOf<typeof loadRequestRecord>;
export type LoadStep = RecordOf<typeof loadStepRecord>;
export type UserStep = RecordOf<typeof userStepRecord>;
export type LoadLadder = RecordOf<typeof ladderRecord>;
