/**
 * What fio, sysbench and iperf3 printed, as numbers. Null where it is not what they print; a tool's own zero for nothing
 * done is null too: a rate of 0 was never measured.
 */
import { z } from 'zod';

const direction = z.object({
  total_ios: z.number(),
  iops: z.number(),
  bw_bytes: z.number(),
  clat_ns: z.object({ percentile: z.record(z.string(), z.number()).optional() }),
});
const fio = z.object({
  jobs: z.tuple([
    z.object({
      read: direction,
      write: direction,
      sync: z
        .object({ lat_ns: z.object({ percentile: z.record(z.string(), z.number()).optional() }) })
        .optional(),
    }),
  ]),
});

/** One job of fio, its ramp left out: rates of I/O, and the 99th percentile of what the caller waits. */
export interface DiskOutput {
  readonly iops: number;
  readonly bytesPerSecond: number;
  /** Of an fsync where there is one after each write, else of the completion of one I/O; null = not told. */
  readonly p99Milliseconds: number | null;
}

export function diskOutput(text: string): DiskOutput | null {
  const { data } = fio.safeParse(parsed(text));
  if (!data) return null;
  const [{ read, write, sync }] = data.jobs;
  const done = read.total_ios > 0 ? read : write;
  if (done.total_ios === 0) return null;
  const waits = sync?.lat_ns.percentile ?? done.clat_ns.percentile;
  const p99 = waits?.['99.000000'];
  return {
    iops: done.iops,
    bytesPerSecond: done.bw_bytes,
    p99Milliseconds: p99 === undefined ? null : p99 / 1e6,
  };
}

/** Events of sysbench by the time that it ran, per second. */
export function eventsPerSecond(text: string): number | null {
  const seconds = Number(/total time:\s+([\d.]+)s/.exec(text)?.[1]);
  const events = Number(/total number of events:\s+(\d+)/.exec(text)?.[1]);
  return seconds > 0 && events > 0 ? events / seconds : null;
}

const iperf = z.object({
  end: z.object({
    sum_sent: z.object({ bytes: z.number().positive(), packets: z.number().optional() }),
    sum_received: z.object({ bytes: z.number(), bits_per_second: z.number().positive() }),
  }),
});

export interface NetworkOutput {
  /** Of the data that the receiver has got. */
  readonly bitsPerSecond: number;
  /** Of the bytes that were sent; of UDP alone, null with TCP. */
  readonly lostPercent: number | null;
}

export function networkOutput(text: string): NetworkOutput | null {
  const { data } = iperf.safeParse(parsed(text));
  if (!data) return null;
  const { sum_sent: sent, sum_received: received } = data.end;
  // iperf3's own count of what was lost has that of the beginning, which its count of packets leaves out: up to 120 %.
  const lost = Math.max(0, 100 * (1 - received.bytes / sent.bytes));
  const isUdp = sent.packets !== undefined;
  return { bitsPerSecond: received.bits_per_second, lostPercent: isUdp ? lost : null };
}

/** fio may say a warning before its JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text.slice(text.indexOf('{')));
  } catch {
    return null;
  }
}
