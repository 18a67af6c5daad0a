import { medianSorted } from 'simple-statistics';
import type { CounterSample } from '../../run/raw-data';

/** Null where nothing was measured. */
export const median = (values: readonly number[]): number | null =>
  values.length === 0 ? null : medianSorted([...values].sort((a, b) => a - b));

export const isNumber = (value: number | null | undefined): value is number => typeof value === 'number';

/** Share of `part` in `whole`, %; null where the counters have not moved or have run backwards. */
export function percent(part: number, whole: number): number | null {
  return whole > 0 && part >= 0 ? (100 * part) / whole : null;
}

/**
 * Time in which the CPUs were neither idle nor waiting for I/O, of all time between two readings of /proc/stat, %. The time is the
 * clock's and not the sum of the ticks: Linux measures how long a CPU idles, but may only sample, at its tick, what
 * else it does (tickless kernels, kernel/sched/cputime.c). The sum is then wrong by up to a few percent: a node with
 * idle guests seemed to use less than the guests' processes alone, whose CPU time is exact.
 */
export function nodeCpuPercent(
  from: CounterSample,
  to: CounterSample,
  { cpus, ticksPerSecond }: { readonly cpus: number; readonly ticksPerSecond: number },
): number | null {
  const idle = percent(to.cpuIdleTicks - from.cpuIdleTicks, (to.time - from.time) * cpus * ticksPerSecond);
  // Ticks are whole, so that an idle node may have idled for a tick more than the time.
  return idle === null ? null : Math.max(0, 100 - idle);
}

/** Share of the time between two readings in which some task waited (PSI "some"), %; null where the kernel does not tell. */
export function pressurePercent(
  from: CounterSample,
  to: CounterSample,
): { cpu: number; memory: number; io: number } | null {
  const a = from.pressureMicroseconds;
  const b = to.pressureMicroseconds;
  const span = (to.time - from.time) * 1e6;
  if (a === null || b === null) return null;
  const cpu = percent(b.cpu - a.cpu, span);
  const memory = percent(b.memory - a.memory, span);
  const io = percent(b.io - a.io, span);
  return cpu === null || memory === null || io === null ? null : { cpu, memory, io };
}

/** CPU time of a guest's process between two readings, % of one CPU; null where it was not there in both. */
export function guestCpuPercent(
  from: CounterSample,
  to: CounterSample,
  vmid: number,
  ticksPerSecond: number,
): number | null {
  const ticks = [from, to].map((sample) => sample.guests.find((guest) => guest.vmid === vmid)?.cpuTicks);
  const [before, after] = ticks;
  return before === undefined || after === undefined
    ? null
    : percent((after - before) / ticksPerSecond, to.time - from.time);
}

/**
 * CPU of what is not the guests' processes between two readings, % of all CPUs; null where the counters have not moved. A
 * guest that was not there in both counts as others.
 */
export function othersCpuPercent(
  from: CounterSample,
  to: CounterSample,
  constants: { readonly cpus: number; readonly ticksPerSecond: number },
): number | null {
  const all = nodeCpuPercent(from, to, constants);
  if (all === null) return null;
  const guests = to.guests.map(({ vmid }) => guestCpuPercent(from, to, vmid, constants.ticksPerSecond) ?? 0);
  return Math.max(0, all - guests.reduce((sum, each) => sum + each, 0) / constants.cpus);
}
