import { z } from 'zod';
import { counterConstants, counterSampleRecord } from './counters';
import { bytes, count, fault, loadAverages, type RecordOf, record, seconds, time } from './fields';

/** What Proxmox VE says of a node. */
const nodeStatus = {
  time: time.describe("When the node's own status was asked."),
  cpuFraction: z.number().nullable(),
  memoryUsedBytes: bytes.nullable(),
  memoryTotalBytes: bytes.nullable(),
  loadAverage: loadAverages.nullable(),
  rootUsedBytes: bytes.nullable(),
  rootTotalBytes: bytes.nullable(),
};

export const apiSampleRecord = record({
  ...nodeStatus,
  guests: z.array(
    record({
      vmid: count,
      status: z.string(),
      cpuFraction: z.number().nullable(),
      memoryBytes: bytes.nullable(),
    }),
  ),
}).describe('One poll of the API: nodes/N/status and qemu/ID/status/current, as answered.');

export const terminalSampleRecord = record({
  ...nodeStatus,
  seconds: seconds.describe('How long the command took, SSH included.'),
  cpuSeconds: seconds.nullable().describe('CPU time of the command on the node, as its shell counts it.'),
}).describe(
  'What a terminal of the node shows: `pvesh get /nodes/N/status` over SSH, after the last sample.',
);

export const powerChangeRecord = record({
  guest: z.string(),
  action: z.enum(['start', 'shutdown', 'stop']),
  startedAt: time,
  taskSeconds: seconds.describe("Until the API's task ended."),
  readySeconds: seconds
    .nullable()
    .describe(
      "From the request until the application's page came, for start; null if not waited for or never.",
    ),
}).describe('Starting or stopping one guest on the way to a level.');

export const visitRecord = record({
  visit: count.describe('Its number in the run, from 0.'),
  block: count.describe('Each level is visited once per block.'),
  level: count.describe('Number of guests meant to run.'),
  runningGuests: z.array(z.string()).describe('Names of the guests that ran at its end.'),
  changes: z.array(powerChangeRecord),
  changedAt: time.describe('When the last change had ended and settling began.'),
  settledAt: time
    .nullable()
    .describe('When the CPU was found steady; null = it never was, and the visit is transient.'),
  settleRule: z.string().describe('The rule, in words, as applied.'),
  ...counterConstants.shape,
  settlingSamples: z
    .array(counterSampleRecord)
    .optional()
    .describe(
      'What was sampled while the level settled: kept so that the rule can be applied again, and in no mean.',
    ),
  samples: z.array(counterSampleRecord).describe('What was sampled after that.'),
  apiSamples: z.array(apiSampleRecord),
  terminal: terminalSampleRecord
    .nullable()
    .optional()
    .describe(
      'The node’s status in a terminal, after the last sample; null = no such command, or it failed; absent = not asked.',
    ),
  fault,
}).describe('One visit to a level of scenario 1.');

export type ApiSample = RecordOf<typeof apiSampleRecord>;
export type TerminalSample = RecordOf<typeof terminalSampleRecord>;
export type PowerChange = RecordOf<typeof powerChangeRecord>;
export type ResourceVisit = RecordOf<typeof visitRecord>;
