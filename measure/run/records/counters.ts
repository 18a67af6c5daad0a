import { z } from 'zod';
import { bytes, count, loadAverages, type RecordOf, record, seconds, ticks, time } from './fields';

export const counterSampleRecord = record({
  time: time.describe("The node's clock."),
  cpuTotalTicks: ticks.describe('/proc/stat, USER_HZ ticks: all modes summed.'),
  cpuIdleTicks: ticks.describe('/proc/stat, USER_HZ ticks: idle + iowait.'),
  memoryTotalBytes: bytes.describe('MemTotal.'),
  memoryAvailableBytes: bytes.describe('MemAvailable.'),
  loadAverage: loadAverages.describe('1, 5 and 15 minutes.'),
  rootTotalBytes: bytes.describe('Of the file system at /.'),
  rootUsedBytes: bytes.describe('Of the file system at /.'),
  pressureMicroseconds: record({ cpu: z.number(), memory: z.number(), io: z.number() })
    .nullable()
    .describe('/proc/pressure: total stall time, µs; null where the kernel has none.'),
  ksmSharedBytes: bytes
    .nullable()
    .describe('Bytes that KSM saves (pages_sharing × page size); null where the kernel has no KSM.'),
  guests: z
    .array(record({ vmid: count, cpuTicks: ticks, residentBytes: bytes }))
    .describe(
      'Per running guest: CPU ticks and memory: a VM’s process and what is resident of it, a container’s control group without the pages of files that the kernel can take back.',
    ),
  packageEnergy: z
    .array(
      record({
        name: z.string(),
        microjoules: z.number().nonnegative(),
        maxMicrojoules: z.number().positive().describe('Where the counter begins again at 0.'),
      }),
    )
    .nullable()
    .optional()
    .describe(
      'Energy counters of the CPU packages (/sys/class/powercap, RAPL); null = the node has none, absent = not asked for.',
    ),
  samplerCpuSeconds: seconds.describe('CPU time that the sampler itself has used so far.'),
}).describe(
  "One reading of the node's counters by the sampler over SSH; the analysis makes rates of differences.",
);

/** What it takes to make rates of counters. */
export const counterConstants = record({
  ticksPerSecond: z.number().positive().describe('USER_HZ of the node.'),
  cpus: z.number().int().positive().describe('CPUs of the node.'),
});

export const sessionCountersRecord = counterSampleRecord.extend(counterConstants.shape);

export type CounterSample = RecordOf<typeof counterSampleRecord>;
export type CounterConstants = RecordOf<typeof counterConstants>;
export type SessionCounters = RecordOf<typeof sessionCountersRecord>;
