import type { ApiSample, ResourceVisit, RunPlan } from '../../run/raw-data';
import { isNumber, median, nodeCpuPercent, percent, pressurePercent } from './counters';
import { packageWatts, shareOfWatts } from './energy';
import { type TerminalResult, terminalResult } from './terminal';

/** A load average has followed a change when five of its time constants (1, 5, 15 min) have passed: 1 − e⁻⁵ = 99.3 %. */
export const loadTimeConstants = [60, 300, 900] as const;
const timeConstantsToSettle = 5;

/** One visit to a level. Memory and disk in bytes; CPU in % of all CPUs of the node, a guest's in % of one CPU. */
export interface VisitResult {
  readonly visit: number;
  readonly block: number;
  readonly level: number;
  readonly runningGuests: readonly string[];
  readonly changes: ResourceVisit['changes'];
  readonly startedAt: number | null;
  readonly seconds: number | null;
  readonly samples: number;
  /** The CPU never became steady before the samples were taken. */
  readonly transient: boolean;
  /** For the 1, 5 and 15 min load average: too soon after the last change to stand for this level. */
  readonly loadTransient: readonly [boolean, boolean, boolean];
  readonly cpuPercent: number | null;
  readonly memoryUsedBytes: number | null;
  readonly memoryPercent: number | null;
  readonly loadAverage: readonly [number, number, number] | null;
  readonly rootUsedBytes: number | null;
  readonly rootPercent: number | null;
  readonly ksmSharedBytes: number | null;
  /** Share of the time in which some task waited (PSI "some"), %. */
  readonly pressurePercent: { readonly cpu: number; readonly memory: number; readonly io: number } | null;
  readonly guests: readonly {
    readonly guest: string;
    readonly cpuPercent: number | null;
    readonly residentBytes: number | null;
    /** Its share of packageWatts by CPU time. */
    readonly packageWatts: number | null;
  }[];
  /** Power of the CPU packages; null = the node has no counters, or they were not asked for. */
  readonly packageWatts: number | null;
  /** The processes of all running guests together; 0 where none was meant to run. CPU in % of all CPUs. */
  readonly guestsCpuPercent: number | null;
  readonly guestsResidentBytes: number | null;
  /** What is not the guests' processes': the node's own services and whatever else runs there. CPU in % of all CPUs. */
  readonly othersCpuPercent: number | null;
  readonly othersMemoryBytes: number | null;
  /** Others used more CPU than in the quietest visit, by more than `disturbancePoints`, or more than `disturbancePercent`. */
  readonly disturbed: boolean;
  /** From the last change until the CPU was steady; null = it never was. */
  readonly settledAfterSeconds: number | null;
  readonly settlingSamples: number;
  /** From the first power change, or from the settling where there was none, to the last sample. */
  readonly wholeSeconds: number | null;
  /** CPU that our own sampler used, % of one CPU. */
  readonly samplerCpuPercent: number | null;
  /** The same node as the API tells it, without the first poll, which repeats what was before. */
  readonly api: {
    readonly polls: number;
    readonly cpuPercent: number | null;
    readonly memoryUsedBytes: number | null;
    readonly loadAverage1: number | null;
    readonly rootUsedBytes: number | null;
  };
  /** What a terminal of the node showed after the last sample; null = it was not asked, or has no such command. */
  readonly terminal: TerminalResult | null;
  readonly fault: string | null;
}

/** One visit by itself: whether it was disturbed shows only beside the others. */
export function analyseVisit(
  visit: ResourceVisit,
  guests: RunPlan['lab']['guests'],
): Omit<VisitResult, 'disturbed'> {
  const { samples } = visit;
  const first = samples[0];
  const last = samples[samples.length - 1];
  const seconds = first && last && samples.length > 1 ? last.time - first.time : null;
  const total = median(samples.map((sample) => sample.memoryTotalBytes));
  const used = median(samples.map((sample) => sample.memoryTotalBytes - sample.memoryAvailableBytes));
  const rootTotal = median(samples.map((sample) => sample.rootTotalBytes));
  const rootUsed = median(samples.map((sample) => sample.rootUsedBytes));
  const settledFor = first ? first.time - visit.changedAt : 0;
  const load = ([0, 1, 2] as const).map((i) => median(samples.map((sample) => sample.loadAverage[i])));
  const [load1, load5, load15] = load;
  const cpuPercent = first && last ? nodeCpuPercent(first, last, visit) : null;
  const watts = packageWatts(samples);
  const ofGuests = visit.runningGuests.map((guest) => {
    const vmid = guests.find((candidate) => candidate.name === guest)?.vmid;
    const use = guestUse(visit, vmid);
    return { guest, ...use, packageWatts: shareOfWatts(watts, use.cpuPercent, cpuPercent, visit.cpus) };
  });
  const guestsCpu = sumOf(ofGuests.map((guest) => guest.cpuPercent));
  const guestsCpuPercent = samples.length > 0 && guestsCpu !== null ? guestsCpu / visit.cpus : null;
  const guestsResidentBytes = samples.length > 0 ? sumOf(ofGuests.map((guest) => guest.residentBytes)) : null;
  const beganAt =
    visit.changes.length > 0 ? Math.min(...visit.changes.map((change) => change.startedAt)) : visit.changedAt;
  return {
    visit: visit.visit,
    block: visit.block,
    level: visit.level,
    runningGuests: visit.runningGuests,
    changes: visit.changes,
    startedAt: first?.time ?? null,
    seconds,
    samples: samples.length,
    transient: visit.settledAt === null,
    loadTransient: loadTimeConstants.map(
      (constant) => settledFor < timeConstantsToSettle * constant,
    ) as unknown as [boolean, boolean, boolean],
    cpuPercent,
    memoryUsedBytes: used,
    memoryPercent: isNumber(used) && isNumber(total) ? percent(used, total) : null,
    loadAverage: isNumber(load1) && isNumber(load5) && isNumber(load15) ? [load1, load5, load15] : null,
    rootUsedBytes: rootUsed,
    rootPercent: isNumber(rootUsed) && isNumber(rootTotal) ? percent(rootUsed, rootTotal) : null,
    ksmSharedBytes: median(samples.map((sample) => sample.ksmSharedBytes).filter(isNumber)),
    pressurePercent: first && last ? pressurePercent(first, last) : null,
    guests: ofGuests,
    packageWatts: watts,
    guestsCpuPercent,
    guestsResidentBytes,
    othersCpuPercent: difference(cpuPercent, guestsCpuPercent),
    othersMemoryBytes: difference(used, guestsResidentBytes),
    settledAfterSeconds: visit.settledAt === null ? null : visit.settledAt - visit.changedAt,
    settlingSamples: visit.settlingSamples?.length ?? 0,
    wholeSeconds: last ? last.time - beganAt : null,
    samplerCpuPercent:
      first && last && seconds ? percent(last.samplerCpuSeconds - first.samplerCpuSeconds, seconds) : null,
    api: apiMedians(visit.apiSamples.slice(1)),
    terminal: terminalResult(visit),
    fault: visit.fault,
  };
}

/** Null where any part is unknown: a sum without it would be too small. */
function sumOf(parts: readonly (number | null)[]): number | null {
  return parts.every(isNumber) ? parts.reduce((sum, part) => sum + part, 0) : null;
}

/** Two ways of counting that do not agree to the last byte or tick may differ below 0, which means 0. */
function difference(whole: number | null, part: number | null): number | null {
  return whole === null || part === null ? null : Math.max(0, whole - part);
}

/** A guest counts between the first and last sample in which its process was seen. */
function guestUse(
  visit: ResourceVisit,
  vmid: number | undefined,
): { cpuPercent: number | null; residentBytes: number | null } {
  const seen = visit.samples.flatMap((sample) => {
    const guest = sample.guests.find((candidate) => candidate.vmid === vmid);
    return guest ? [{ time: sample.time, ...guest }] : [];
  });
  const first = seen[0];
  const last = seen[seen.length - 1];
  const ticks = first && last ? (last.cpuTicks - first.cpuTicks) / visit.ticksPerSecond : 0;
  return {
    cpuPercent: first && last ? percent(ticks, last.time - first.time) : null,
    residentBytes: median(seen.map((guest) => guest.residentBytes)),
  };
}

function apiMedians(polls: readonly ApiSample[]): VisitResult['api'] {
  const cpu = median(polls.map((poll) => poll.cpuFraction).filter(isNumber));
  return {
    polls: polls.length,
    cpuPercent: cpu === null ? null : cpu * 100,
    memoryUsedBytes: median(polls.map((poll) => poll.memoryUsedBytes).filter(isNumber)),
    loadAverage1: median(polls.map((poll) => poll.loadAverage?.[0]).filter(isNumber)),
    rootUsedBytes: median(polls.map((poll) => poll.rootUsedBytes).filter(isNumber)),
  };
}
