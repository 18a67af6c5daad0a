import { z } from 'zod';
import type { CloudImage } from '../../../config/lab';
import { GUEST_KINDS } from '../../../config/lab-schema';
import { client, count, type RecordOf, record } from './fields';
import { linkShapeRecord } from './link';

/**
 * The format of a run's files. 1: no number stands in plan.json, and a level is settled by the share of idle ticks in all
 * ticks. 2: it is settled by idle time against the clock.
 */
export const FORMAT_VERSION = 2;

const network = record({
  bridge: z.string(),
  cidr: z.string(),
  gateway: z.string(),
  rateBitsPerSecond: z.number().positive().optional(),
  vlanAware: z.boolean().optional(),
});
const precision = <Metric extends string>(...metrics: readonly [Metric, ...Metric[]]) =>
  record({ metric: z.enum(metrics), relativeWidth: z.number().positive() }).optional();

const resources = record({
  blocks: count,
  intervalSeconds: z.number(),
  samples: count,
  settleSeconds: z.number(),
  settleAtLeastSeconds: z.number().optional(),
  energy: z.boolean().optional(),
  precision: precision('cpuPercent', 'memoryUsedBytes'),
});
const qos = record({
  sessions: count,
  clients: count,
  pages: count,
  thinkSeconds: z.tuple([z.number(), z.number()]),
  probes: count,
  reset: z.enum(['boot', 'snapshot']).optional(),
  precision: precision('pageLoadSeconds', 'firstByteSeconds'),
});
const load = record({
  repetitions: count,
  pages: count,
  rates: record({
    first: z.number().positive(),
    factor: z.number().gt(1),
    steps: count,
    refinements: count,
  }),
  stepSeconds: z.number().positive(),
  drainSeconds: z.number().positive(),
  inFlight: count,
  users: z.array(count).optional(),
  thinkSeconds: z.number().nonnegative().optional(),
  limits: record({
    answeredPercent: z.number(),
    latencySeconds: z.number(),
    growthPercent: z.number(),
  }),
});
const benchmarks = record({
  repetitions: count,
  of: z.array(z.enum(['cpu', 'memory', 'disk', 'network'])),
  seconds: z.number().positive(),
  warmUpSeconds: z.number().nonnegative(),
  diskMiB: count,
  arrayMiB: count,
});
const guest = record({
  name: z.string(),
  role: z.string(),
  kind: z.enum(GUEST_KINDS).default('vm').describe('Absent in older runs, which had VMs alone.'),
  vmid: count,
  address: z.string(),
  cores: count,
  memoryMiB: z.number(),
  diskGiB: z.number(),
  cache: z.enum(['none', 'writeback', 'writethrough', 'directsync', 'unsafe']).optional(),
  format: z.enum(['qcow2', 'raw']).optional(),
  discard: z.enum(['on', 'ignore']).optional(),
  iothread: z.boolean().optional(),
  aio: z.enum(['native', 'threads', 'io_uring']).optional(),
  vlan: count.optional(),
  image: z.string(),
});
/** As lab.yaml has it, in any order of its fields. */
const cloudImage = z.custom<CloudImage>((value) => typeof value === 'object' && value !== null);

export const planRecord = record({
  formatVersion: count.optional().describe('Of all files of the run; absent = 1.'),
  run: z.string().describe('Name of the run.'),
  planName: z.string(),
  plan: record({
    resources: resources.optional(),
    qos: qos.optional(),
    load: load.optional(),
    benchmarks: benchmarks.optional(),
  }).describe('The plan of lab.yaml, with its defaults.'),
  scenarios: z
    .array(z.enum(['resources', 'qos', 'load', 'benchmarks']))
    .describe('Those of the plan that are measured.'),
  seed: z.number(),
  registeredAt: z.string().describe('Date and time (UTC), before the first sample.'),
  levelOrder: z
    .array(z.array(count))
    .describe('Levels of scenario 1 in the order in which they are visited; one inner list per block.'),
  sessionOrder: z.array(z.string()).describe('Guest names of scenario 2 in the order of their sessions.'),
  ladderOrder: z
    .array(z.string())
    .optional()
    .describe(
      'Guest names of the ladders of load in the order in which they are climbed; absent in older runs.',
    ),
  trialOrder: z
    .array(z.string())
    .optional()
    .describe('Guest names of the benchmarks in the order of their trials; absent in older runs.'),
  reader: z
    .enum(['scripted', 'browser'])
    .optional()
    .describe('What reads the pages in scenario 2; absent = scripted.'),
  lab: record({
    name: z.string(),
    nodeName: z.string(),
    networks: record({ servers: network, clients: network.extend(linkShapeRecord.shape) }),
    guests: z.array(guest),
    clients: z.array(client),
    images: record({
      source: z.enum(['template', 'cloud']),
      deploy: z
        .enum(['import', 'linked-clone', 'full-clone'])
        .optional()
        .describe('Absent in older runs: import.'),
      templateVmid: count.optional(),
      cloud: z.record(z.string(), cloudImage),
    }),
  }).describe('What of lab.yaml the run is of.'),
  missingApplications: z
    .array(record({ guest: z.string(), reason: z.string() }))
    .describe('Guests without their application and why; they take part in scenario 1 only.'),
}).describe('What the run will do, registered before the first sample.');

export type RunPlan = RecordOf<typeof planRecord>;
export type Scenario = RunPlan['scenarios'][number];

/** Why this version of the lab cannot read a run, if it is of a newer format; undefined = it can. */
export function formatFault({
  formatVersion = 1,
  run,
}: Pick<RunPlan, 'formatVersion' | 'run'>): string | undefined {
  if (formatVersion <= FORMAT_VERSION) return undefined;
  return `the run ${run} has format ${formatVersion}, and this version of the lab reads formats up to ${FORMAT_VERSION}: read it with the version that made it, or a later one`;
}
