import { medianSorted } from 'simple-statistics';
import type { CounterSample } from '../raw-data';

/** Null where nothing was measured. */
export const median = (values: readonly number[]): number | null =>
  values.length === 0 ? null : medianSorted([...values].sort((a, b) => a - b));

export const isNumber = (value: number | null | undefined): value is number => typeof value === 'number';

/** Share of `part` in `whole`, %; null where the counters have not moved or have run backwards. */
export function percent(part: number, whole: number): number | null {
  return whole > 0 && part >= 0 ? (100 * part) / whole : null;
}

/** Busy time over all time between two readings of /proc/stat (proc(5)), in which steal and I/O wait are told apart. */
export function nodeCpuPercent(from: CounterSample, to: CounterSample): number | null {
  const total = to.cpuTotalTicks - from.cpuTotalTicks;
  return percent(total - (to.cpuIdleTicks - from.cpuIdleTicks), total);
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
