import { medianSorted } from 'simple-statistics';
import type { ApiSample, CounterSample, ResourceVisit, RunPlan } from '../raw-data';
import { type Agreement, compareSources } from './agreement';
import type { Sample } from './sample';
import { type Distribution, describe } from './statistics';

/** A load average has followed a change when five of its time constants (1, 5, 15 min) have passed: 1 − e⁻⁵ = 99.3 %. */
export const loadTimeConstants = [60, 300, 900] as const;
const timeConstantsToSettle = 5;
/** Percentage points of all CPUs by which the CPU of others may exceed that of the quietest visit. */
export const disturbancePoints = 5;

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
  }[];
  /** The processes of all running guests together; 0 where none was meant to run. CPU in % of all CPUs. */
  readonly guestsCpuPercent: number | null;
  readonly guestsResidentBytes: number | null;
  /** What is not the guests' processes': the node's own services and whatever else runs there. CPU in % of all CPUs. */
  readonly othersCpuPercent: number | null;
  readonly othersMemoryBytes: number | null;
  /** Others used more CPU than in the quietest visit, by more than `disturbancePoints`. */
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
  readonly fault: string | null;
}

/** A level, over its visits: the visit is the unit of repetition, whatever the number of samples in it. */
export interface LevelResult {
  readonly level: number;
  readonly visits: number;
  readonly transientVisits: number;
  readonly cpuPercent: Distribution | null;
  readonly memoryUsedBytes: Distribution | null;
  readonly memoryPercent: Distribution | null;
  readonly loadAverage: readonly [Distribution | null, Distribution | null, Distribution | null];
  readonly loadTransient: readonly [boolean, boolean, boolean];
  readonly rootUsedBytes: Distribution | null;
  readonly rootPercent: Distribution | null;
  readonly ksmSharedBytes: Distribution | null;
  readonly pressurePercent: {
    readonly cpu: Distribution | null;
    readonly memory: Distribution | null;
    readonly io: Distribution | null;
  };
  readonly guestsCpuPercent: Distribution | null;
  readonly guestsResidentBytes: Distribution | null;
  readonly othersCpuPercent: Distribution | null;
  readonly othersMemoryBytes: Distribution | null;
  readonly disturbedVisits: number;
  readonly samplerCpuPercent: Distribution | null;
  readonly guests: readonly {
    readonly guest: string;
    readonly cpuPercent: Distribution | null;
    readonly residentBytes: Distribution | null;
  }[];
}

export interface ResourcesResult {
  readonly cpus: number | null;
  readonly memoryTotalBytes: number | null;
  readonly rootTotalBytes: number | null;
  readonly settleRule: string | null;
  readonly visits: readonly VisitResult[];
  readonly levels: readonly LevelResult[];
  readonly agreement: readonly Agreement[];
  /** Seconds until the API's task ended and until the guest's application answered. */
  readonly power: readonly {
    readonly guest: string;
    readonly action: 'start' | 'shutdown' | 'stop';
    readonly taskSeconds: Distribution | null;
    readonly readySeconds: Distribution | null;
  }[];
  readonly faults: readonly string[];
}

const median = (values: readonly number[]): number | null =>
  values.length === 0 ? null : medianSorted([...values].sort((a, b) => a - b));
const isNumber = (value: number | null | undefined): value is number => typeof value === 'number';

/** Share of `part` in `whole`, %; null where the counters have not moved or have run backwards. */
function percent(part: number, whole: number): number | null {
  return whole > 0 && part >= 0 ? (100 * part) / whole : null;
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
  const cpuPercent = first && last ? nodeCpuPercent(first, last) : null;
  const ofGuests = visit.runningGuests.map((guest) => {
    const vmid = guests.find((candidate) => candidate.name === guest)?.vmid;
    return { guest, ...guestUse(visit, vmid) };
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

/** Busy time over all time between two readings of /proc/stat (proc(5)), in which steal and I/O wait are told apart. */
function nodeCpuPercent(from: CounterSample, to: CounterSample): number | null {
  const total = to.cpuTotalTicks - from.cpuTotalTicks;
  return percent(total - (to.cpuIdleTicks - from.cpuIdleTicks), total);
}

function pressurePercent(from: CounterSample, to: CounterSample): VisitResult['pressurePercent'] {
  const a = from.pressureMicroseconds;
  const b = to.pressureMicroseconds;
  const span = (to.time - from.time) * 1e6;
  if (a === null || b === null) return null;
  const cpu = percent(b.cpu - a.cpu, span);
  const memory = percent(b.memory - a.memory, span);
  const io = percent(b.io - a.io, span);
  return cpu === null || memory === null || io === null ? null : { cpu, memory, io };
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

export function analyseResources(visits: readonly ResourceVisit[], plan: RunPlan): ResourcesResult {
  const alone = visits.map((visit) => analyseVisit(visit, plan.lab.guests));
  const quietest = Math.min(...alone.map((visit) => visit.othersCpuPercent).filter(isNumber));
  const results = alone.map((visit) => ({
    ...visit,
    disturbed: visit.othersCpuPercent !== null && visit.othersCpuPercent > quietest + disturbancePoints,
  }));
  const planned = plan.scenarios.includes('resources') ? plan.levelOrder.flat() : [];
  const levels = [...new Set([...planned, ...results.map((result) => result.level)])].sort((a, b) => a - b);
  const samples = visits.flatMap((visit) => visit.samples);
  return {
    cpus: visits[0]?.cpus ?? null,
    memoryTotalBytes: median(samples.map((sample) => sample.memoryTotalBytes)),
    rootTotalBytes: median(samples.map((sample) => sample.rootTotalBytes)),
    settleRule: visits[0]?.settleRule ?? null,
    visits: results,
    levels: levels.map((level) => summariseLevel(level, results, plan)),
    agreement: compareSources(results, visits),
    power: summarisePower(visits, plan),
    faults: results.flatMap((result) =>
      result.fault === null ? [] : [`visit ${result.visit} (level ${result.level}): ${result.fault}`],
    ),
  };
}

function summariseLevel(level: number, all: readonly VisitResult[], plan: RunPlan): LevelResult {
  const visits = all.filter((visit) => visit.level === level && visit.samples > 0);
  const over = (pick: (visit: VisitResult) => number | null | undefined): Distribution | null =>
    describe(
      visits.map((visit) => pick(visit) ?? null),
      plan.seed,
    );
  const guests = plan.lab.guests.filter((guest) =>
    visits.some((visit) => visit.runningGuests.includes(guest.name)),
  );
  const ofGuest = (visit: VisitResult, name: string) => visit.guests.find((guest) => guest.guest === name);
  return {
    level,
    visits: visits.length,
    transientVisits: visits.filter((visit) => visit.transient).length,
    cpuPercent: over((visit) => visit.cpuPercent),
    memoryUsedBytes: over((visit) => visit.memoryUsedBytes),
    memoryPercent: over((visit) => visit.memoryPercent),
    loadAverage: [
      over((visit) => visit.loadAverage?.[0]),
      over((visit) => visit.loadAverage?.[1]),
      over((visit) => visit.loadAverage?.[2]),
    ],
    loadTransient: [
      visits.some((visit) => visit.loadTransient[0]),
      visits.some((visit) => visit.loadTransient[1]),
      visits.some((visit) => visit.loadTransient[2]),
    ],
    rootUsedBytes: over((visit) => visit.rootUsedBytes),
    rootPercent: over((visit) => visit.rootPercent),
    ksmSharedBytes: over((visit) => visit.ksmSharedBytes),
    pressurePercent: {
      cpu: over((visit) => visit.pressurePercent?.cpu),
      memory: over((visit) => visit.pressurePercent?.memory),
      io: over((visit) => visit.pressurePercent?.io),
    },
    guestsCpuPercent: over((visit) => visit.guestsCpuPercent),
    guestsResidentBytes: over((visit) => visit.guestsResidentBytes),
    othersCpuPercent: over((visit) => visit.othersCpuPercent),
    othersMemoryBytes: over((visit) => visit.othersMemoryBytes),
    disturbedVisits: visits.filter((visit) => visit.disturbed).length,
    samplerCpuPercent: over((visit) => visit.samplerCpuPercent),
    guests: guests.map((guest) => ({
      guest: guest.name,
      cpuPercent: over((visit) => ofGuest(visit, guest.name)?.cpuPercent),
      residentBytes: over((visit) => ofGuest(visit, guest.name)?.residentBytes),
    })),
  };
}

function summarisePower(visits: readonly ResourceVisit[], plan: RunPlan): ResourcesResult['power'] {
  const changes = visits.flatMap((visit) => visit.changes);
  return plan.lab.guests.flatMap((guest) =>
    (['start', 'shutdown', 'stop'] as const).flatMap((action) => {
      const ours = changes.filter((change) => change.guest === guest.name && change.action === action);
      if (ours.length === 0) return [];
      return [
        {
          guest: guest.name,
          action,
          taskSeconds: describe(
            ours.map((change) => change.taskSeconds),
            plan.seed,
          ),
          readySeconds: describe(
            ours.map((change) => change.readySeconds),
            plan.seed,
          ),
        },
      ];
    }),
  );
}

/** Every sample of every visit, with rates between neighbours. */
export function resourceSamples(visits: readonly ResourceVisit[], plan: RunPlan): Sample[] {
  return visits.flatMap((visit) =>
    visit.samples.flatMap((sample, index): Sample[] => {
      const before = visit.samples[index - 1];
      const pressure = before ? pressurePercent(before, sample) : null;
      const row = (metric: string, value: number | null, unit: string, part = ''): Sample => ({
        scenario: 'resources',
        group: `level ${visit.level}`,
        repetition: visit.visit,
        part,
        metric,
        value,
        unit,
        time: sample.time,
      });
      return [
        row('node cpu', before ? nodeCpuPercent(before, sample) : null, '%'),
        row('memory used', sample.memoryTotalBytes - sample.memoryAvailableBytes, 'B'),
        row('load average 1 min', sample.loadAverage[0], '1'),
        row('load average 5 min', sample.loadAverage[1], '1'),
        row('load average 15 min', sample.loadAverage[2], '1'),
        row('root disk used', sample.rootUsedBytes, 'B'),
        row('memory shared by KSM', sample.ksmSharedBytes, 'B'),
        row('pressure, cpu', pressure?.cpu ?? null, '%'),
        row('pressure, memory', pressure?.memory ?? null, '%'),
        row('pressure, io', pressure?.io ?? null, '%'),
        ...sample.guests.flatMap((guest) => [
          row('resident memory', guest.residentBytes, 'B', guestName(plan, guest.vmid)),
          row(
            'cpu, of one CPU',
            before ? guestCpuPercent(before, sample, guest.vmid, visit.ticksPerSecond) : null,
            '%',
            guestName(plan, guest.vmid),
          ),
        ]),
      ];
    }),
  );
}

function guestCpuPercent(
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

function guestName(plan: RunPlan, vmid: number): string {
  return plan.lab.guests.find((guest) => guest.vmid === vmid)?.name ?? `vmid ${vmid}`;
}
