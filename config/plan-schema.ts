import { z } from 'zod';
import { seconds, whole, within } from './fields';

/** A plan of measurement in lab.yaml. */

const precision = <Metric extends string>(...metrics: readonly [Metric, ...Metric[]]) =>
  z
    .strictObject({
      metric: z.enum(metrics).describe('What must be known precisely enough.'),
      relativeWidth: z
        .number()
        .min(0.0001, 'must be 0.0001 to 1, a share of the median')
        .max(1, 'must be 0.0001 to 1, a share of the median')
        .describe(
          'Width of the interval of the median by the median that suffices, 0.05 = 5 %; asked from 6 to 15 repetitions on, the later the more there may be.',
        ),
    })
    .optional();

const resourcesPlan = z
  .strictObject({
    blocks: whole(1, 1000, 'blocks').describe(
      'Every level (0..N running guests) is visited once per block, in an order drawn from the seed.',
    ),
    intervalSeconds: seconds(0.1, 3600).describe('Sampling period.'),
    samples: whole(1, 1_000_000, 'samples').describe('Samples per visit.'),
    settleSeconds: seconds(0, 86_400).describe(
      'Longest wait for a level to settle; a level that has not is sampled and labelled transient.',
    ),
    settleAtLeastSeconds: seconds(0, 86_400)
      .optional()
      .describe(
        'Shortest settling; 300 s are 5 time constants of the 1-minute load average, before which it is transient. Default 0.',
      ),
    energy: z
      .boolean()
      .optional()
      .describe("Whether the energy of the node's CPU packages is read, where it counts it (RAPL)."),
    precision: precision('cpuPercent', 'memoryUsedBytes').describe(
      'Ends the visits to a level early, by a rule that is fixed before the first sample; blocks is then the most.',
    ),
  })
  .describe('Scenario 1: what the node spends.');

const qosPlan = z
  .strictObject({
    sessions: whole(1, 10_000, 'sessions').describe('Sessions per application.'),
    clients: whole(1, 200, 'clients').describe('Clients that browse at once.'),
    pages: whole(1, 10_000, 'pages').describe('Pages per session.'),
    thinkSeconds: z
      .tuple([seconds(0, 3600), seconds(0, 3600)])
      .refine(([low, high]) => low <= high, { error: 'must be [shortest, longest]' })
      .describe('Think time between pages is drawn uniformly from [shortest, longest].'),
    reset: z
      .enum(['boot', 'snapshot'])
      .optional()
      .describe(
        'From what each session begins: a boot of its guest, or one and the same snapshot of it, of a VM with memory. Default: the guest goes on.',
      ),
    probes: whole(0, 10_000, 'probes').describe('Round trips of the active probe before each session.'),
    precision: precision('pageLoadSeconds', 'firstByteSeconds').describe(
      'Ends the sessions of an application early; sessions is then the most.',
    ),
  })
  .describe('Scenario 2: what clients get.');

const loadPlan = z
  .strictObject({
    repetitions: whole(1, 1000, 'repetitions').describe('Ladders per application.'),
    pages: whole(1, 1000, 'pages')
      .default(1)
      .describe("How many of the role's pages are asked for in turn; 1 = the front page alone."),
    rates: z.strictObject({
      first: within(0.001, 10_000, 'requests per second').describe(
        'Rate of the first step, requests per second.',
      ),
      factor: within(1.05, 10, '(a factor)').describe("Each step's rate by the one before."),
      steps: whole(1, 100, 'steps').describe('Steps at most.'),
      refinements: whole(0, 20, 'refinements')
        .default(0)
        .describe(
          'Once two rates are found between which it stops keeping up: how often their geometric mean is tried next.',
        ),
    }),
    stepSeconds: seconds(1, 86_400).describe('Requests of a step are spread over this time.'),
    drainSeconds: seconds(1, 3600)
      .default(60)
      .describe('Longest wait for answers after a step; what is still open then is cut off.'),
    inFlight: whole(1, 1000, 'requests')
      .default(200)
      .describe('Requests that may be under way at once; more wait for their turn, which counts as latency.'),
    users: z
      .array(whole(1, 1000, 'users'))
      .min(2, 'needs two numbers of users or more, from few to many')
      .refine((users) => users.every((each, index) => index === 0 || each > (users[index - 1] ?? 0)), {
        error: 'must rise: each number is larger than the one before',
      })
      .optional()
      .describe(
        'Closed loop, after the rates: so many users at once, each of whom asks, waits for the answer, thinks and asks again. Default: none.',
      ),
    thinkSeconds: seconds(0, 3600)
      .optional()
      .describe(
        'Mean think time of these users, drawn from an exponential distribution (as TPC-W does). Default 7.',
      ),
    limits: z
      .strictObject({
        answeredPercent: within(1, 100, '%')
          .default(99)
          .describe('Requests with a whole answer of status 2xx, at least.'),
        // G.1010: a page within 4 s is acceptable.
        latencySeconds: seconds(0.001, 3600).default(4).describe('95th percentile of the latency, at most.'),
        growthPercent: within(0.1, 100, '%')
          .default(5)
          .describe('Growth of the latency by the time in which it grew, at most.'),
      })
      .prefault({})
      .describe('An application keeps up with a rate if all of these hold.'),
  })
  .describe(
    'Open-loop load: requests at intended times, at higher and higher rates, until an application stops keeping up.',
  );

export const BENCHMARKED = ['cpu', 'memory', 'disk', 'network'] as const;

const benchmarksPlan = z
  .strictObject({
    repetitions: whole(1, 1000, 'repetitions').describe('Times that each guest is measured.'),
    of: z
      .array(z.enum(BENCHMARKED))
      .min(1, 'needs one of cpu, memory, disk, network')
      .default([...BENCHMARKED])
      .describe('What is measured.'),
    seconds: whole(1, 3600, 'seconds').default(10).describe('Time of each benchmark.'),
    warmUpSeconds: whole(0, 3600, 'seconds')
      .default(2)
      .describe('How long each runs before that without being counted.'),
    diskMiB: whole(16, 1_048_576, 'MiB').default(256).describe('Size of the file on the disk.'),
    arrayMiB: whole(1, 1_048_576, 'MiB')
      .default(64)
      .describe('Size of each of the three arrays in memory; STREAM asks for 4 times the last cache.'),
  })
  .describe(
    'What the disk, memory, CPU and network of each guest can do, with the same of the node itself beside it.',
  );

export const planSchema = z
  .strictObject({
    resources: resourcesPlan.optional(),
    qos: qosPlan.optional(),
    load: loadPlan.optional(),
    benchmarks: benchmarksPlan.optional(),
  })
  .refine((scenarios) => Object.values(scenarios).some((settings) => settings !== undefined), {
    error: 'needs at least one of resources, qos, load, benchmarks',
  })
  .describe('A plan of measurement, chosen by --plan: at least one of the scenarios.');
