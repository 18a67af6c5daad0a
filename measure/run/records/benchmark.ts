import { z } from 'zod';
import { count, fault, type RecordOf, record, seconds, ticks, time } from './fields';

/** Where a benchmark runs: in the guest, or on the node itself for comparison. */
const place = z.enum(['guest', 'node']);

/** Of /proc/stat, all CPUs together. */
const cpuTicks = record({
  all: ticks.describe('All of them; guest time, which is in user time too, counts once.'),
  idle: ticks.describe('Idle, or waiting for a disk.'),
  steal: ticks.describe("The hypervisor let the CPU wait meanwhile, as far as the kernel's clock tells."),
});

/** What programs/benchmark.py prints of one command. */
export const benchmarkOutput = record({
  exitCode: z.number().nullable().describe('Null = it was cut off, or could not be started.'),
  output: z.string().describe('Standard output of the tool, as it was: fio and iperf3 print JSON.'),
  errors: z.string().describe('The end of its error output.'),
  seconds: seconds.describe('From start to end on the steady clock there, its warm-up included.'),
  cpu: record({ before: cpuTicks, after: cpuTicks })
    .nullable()
    .describe('Null where there is no /proc/stat.'),
  fileSystem: z.string().nullable().describe('Where its files were: type, source and directory.'),
});

export const benchmarkRunRecord = benchmarkOutput.extend({
  benchmark: z.string().describe('What is measured: cpu, memory, diskRandomRead, tcpToGuest, ...'),
  place,
  command: z.array(z.string()).describe('The tool and its arguments.'),
  startedAt: time,
  fault,
});

export const trialRecord = record({
  trial: count.describe('Its number in the run, from 0.'),
  guest: z.string(),
  role: z.string(),
  cores: count.describe('Threads of CPU and memory, in the guest and on the node alike.'),
  diskCache: z
    .string()
    .nullable()
    .describe("Cache mode of the disk in the guest's configuration; null = it names none."),
  diskFormat: z
    .string()
    .nullable()
    .default(null)
    .describe("Format of the disk on the node, qcow2 or raw; null = its volume's name does not tell."),
  diskRefused: z.string().nullable().describe('Why the disk was not measured; null = it was, if planned.'),
  startedAt: time,
  endedAt: time,
  runs: z.array(benchmarkRunRecord).describe('In the order made.'),
  fault,
}).describe('All benchmarks of one guest once, each in the guest and on the node.');

export type Place = z.infer<typeof place>;
export type BenchmarkOutput = RecordOf<typeof benchmarkOutput>;
export type BenchmarkRun = RecordOf<typeof benchmarkRunRecord>;
export type BenchmarkTrial = RecordOf<typeof trialRecord>;
