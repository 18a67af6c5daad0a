import type { Unit } from '../figures/figure';
import { diskOutput, eventsPerSecond, networkOutput } from './tool-output';

/** What one benchmark measures and how its value is read from what the tool printed. */
export interface Benchmark {
  /** Key of its figure. */
  readonly key: string;
  /** Name of its runs in the trial's file. */
  readonly benchmark: string;
  readonly label: string;
  readonly unit: Unit;
  readonly how: string;
  readonly read: (output: string, settings: { readonly arrayMiB: number }) => number | null;
  /** False where a ratio to the node's says nothing, as of a loss that may be 0. */
  readonly isRate: boolean;
}

type Reads = Pick<Benchmark, 'read' | 'unit'>;

const random: Reads = { unit: '1/s', read: (output) => diskOutput(output)?.iops ?? null };
const sequential: Reads = { unit: 'B/s', read: (output) => diskOutput(output)?.bytesPerSecond ?? null };
const waiting: Reads = { unit: 'ms', read: (output) => diskOutput(output)?.p99Milliseconds ?? null };
const rate: Reads = { unit: 'bit/s', read: (output) => networkOutput(output)?.bitsPerSecond ?? null };
const loss: Reads = { unit: '%', read: (output) => networkOutput(output)?.lostPercent ?? null };

const direct = 'direct I/O on a file of diskMiB, its ramp left out';

const disks = [
  ['diskRandomRead', 'random reads of 4 KiB', random, `16 at once; ${direct}`],
  ['diskRandomWrite', 'random writes of 4 KiB', random, `16 at once; ${direct}`],
  ['diskRandomWriteSynced', 'random writes of 4 KiB with fsync', random, `fsync after each; ${direct}`],
  ['diskRead', 'sequential read', sequential, `1 MiB each, 16 at once; ${direct}`],
  ['diskWrite', 'sequential write', sequential, `1 MiB each, 16 at once; ${direct}`],
  ['diskWriteSynced', 'sequential write with fsync', sequential, `1 MiB each, fsync after each; ${direct}`],
] as const;

const transfers = [
  ['tcpToGuest', 'TCP from client to guest'],
  ['tcpToClient', 'TCP from guest to client'],
  ['udpToGuest', 'UDP from client to guest'],
  ['udpToClient', 'UDP from guest to client'],
] as const;

export const benchmarks: readonly Benchmark[] = [
  {
    key: 'cpuEvents',
    benchmark: 'cpu',
    label: 'CPU, primes up to 10,000',
    unit: '1/s',
    how: 'sysbench: how often per second all are found, a thread for each core',
    read: eventsPerSecond,
    isRate: true,
  },
  {
    key: 'memoryTriad',
    benchmark: 'memory',
    label: 'memory, triad',
    unit: 'B/s',
    how: 'a[i] = b[i] + 3 c[i] over three arrays of arrayMiB; 24 bytes for each element, as STREAM counts',
    read: (output, { arrayMiB }) => {
      const passes = eventsPerSecond(output);
      return passes === null ? null : passes * 3 * arrayMiB * 1024 ** 2;
    },
    isRate: true,
  },
  ...disks.map(([key, label, reads, how]) => ({
    ...{ key, benchmark: key, label: `disk, ${label}`, how: `fio: ${how}`, isRate: true },
    ...reads,
  })),
  ...disks
    .filter(([, , reads]) => reads === random)
    .map(([key, label]) => ({
      ...{ key: `${key}P99`, benchmark: key, label: `disk, ${label}, 99th percentile`, isRate: true },
      how: `fio: the wait for one completion or, with fsync, for one fsync; ${direct}`,
      ...waiting,
    })),
  ...transfers.map(([key, label]) => ({
    ...{ key, benchmark: key, label, isRate: true },
    how: 'iperf3: payload that has arrived, its beginning left out; UDP is sent as fast as it goes',
    ...rate,
  })),
  ...transfers
    .filter(([key]) => key.startsWith('udp'))
    .map(([key, label]) => ({
      ...{ key: `${key}Loss`, benchmark: key, label: `${label}, lost at that`, isRate: false },
      how: 'iperf3: bytes that have not arrived, of those that were sent, as fast as it goes',
      ...loss,
    })),
];
