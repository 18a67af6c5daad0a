import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plan } from '../../../config/lab';

export type BenchmarksPlan = NonNullable<Plan['benchmarks']>;

/** Programs that benchmarks run, in guests and on the node; Debian has a package of each under that name. */
export const benchmarkTools = ['fio', 'sysbench', 'iperf3'] as const;

/** Where a server of iperf3 listens while one test runs. */
export const IPERF_PORT = 5201;

/** What is run for one benchmark, in the guest and on the node alike. */
export interface BenchmarkCommand {
  readonly benchmark: string;
  readonly of: BenchmarksPlan['of'][number];
  readonly command: readonly string[];
  /** Run before and not counted; null where the tool itself leaves its beginning out. */
  readonly warmUp: readonly string[] | null;
  /** Written beside it, by name. */
  readonly files: Readonly<Record<string, string>>;
}

/** Disk: 4 KiB at random and 1 MiB in sequence, 16 at once; with fsync after each write, one at a time. */
const DISK = {
  diskRandomRead: ['--rw=randread', '--bs=4k', '--iodepth=16'],
  diskRandomWrite: ['--rw=randwrite', '--bs=4k', '--iodepth=16'],
  diskRandomWriteSynced: ['--rw=randwrite', '--bs=4k', '--iodepth=1', '--fsync=1'],
  diskRead: ['--rw=read', '--bs=1M', '--iodepth=16'],
  diskWrite: ['--rw=write', '--bs=1M', '--iodepth=16'],
  diskWriteSynced: ['--rw=write', '--bs=1M', '--iodepth=1', '--fsync=1'],
} as const;

const NETWORK = {
  tcpToGuest: [],
  tcpToClient: ['--reverse'],
  udpToGuest: ['--udp', '--bitrate=0'],
  udpToClient: ['--udp', '--bitrate=0', '--reverse'],
} as const;

/** All commands of a plan in the order made; those of the network are for the client, against `server`. */
export function benchmarkCommands(plan: BenchmarksPlan, cores: number, server: string): BenchmarkCommand[] {
  const commands = [
    ...cpuAndMemory(plan, cores),
    ...Object.entries(DISK).map(([benchmark, options]) => disk(plan, benchmark, options)),
    ...Object.entries(NETWORK).map(([benchmark, options]) => network(plan, benchmark, options, server)),
  ];
  return commands.filter(({ of }) => plan.of.includes(of));
}

function cpuAndMemory(
  { seconds, warmUpSeconds, arrayMiB }: BenchmarksPlan,
  cores: number,
): BenchmarkCommand[] {
  const sysbench = (test: readonly string[], time: number) => [
    ...['sysbench', ...test, `--threads=${cores}`, '--events=0', `--time=${time}`, 'run'],
  ];
  const of = (benchmark: 'cpu' | 'memory', test: readonly string[], files = {}): BenchmarkCommand => ({
    ...{ benchmark, of: benchmark, files },
    command: sysbench(test, seconds),
    warmUp: warmUpSeconds === 0 ? null : sysbench(test, warmUpSeconds),
  });
  const triad = readFileSync(join(__dirname, '../programs/triad.lua'), 'utf8');
  return [
    of('cpu', ['cpu', '--cpu-max-prime=10000']),
    of('memory', ['./triad.lua', `--mib=${arrayMiB}`], { 'triad.lua': triad }),
  ];
}

/** Direct I/O, so that neither the guest's nor the node's page cache answers in the place of the disk. */
function disk(
  { seconds, warmUpSeconds, diskMiB }: BenchmarksPlan,
  benchmark: string,
  options: readonly string[],
): BenchmarkCommand {
  const command = [
    ...['fio', `--name=${benchmark}`, '--filename=data', `--size=${diskMiB}MiB`],
    ...['--ioengine=libaio', '--direct=1', ...options],
    ...['--time_based', `--runtime=${seconds}`, `--ramp_time=${warmUpSeconds}`, '--output-format=json'],
  ];
  return { benchmark, of: 'disk', command, warmUp: null, files: {} };
}

function network(
  { seconds, warmUpSeconds }: BenchmarksPlan,
  benchmark: string,
  options: readonly string[],
  server: string,
): BenchmarkCommand {
  const command = [
    ...['iperf3', '--client', server, '--port', String(IPERF_PORT), '--time', String(seconds)],
    ...['--omit', String(warmUpSeconds), '--interval', '0', '--json', ...options],
  ];
  return { benchmark, of: 'network', command, warmUp: null, files: {} };
}

/** Ends after one test, or when nobody came. */
export function iperfServer(address: string, seconds: number): readonly string[] {
  const server = ['iperf3', '--server', '--one-off', '--bind', address, '--port', String(IPERF_PORT)];
  return ['timeout', String(seconds), ...server];
}
