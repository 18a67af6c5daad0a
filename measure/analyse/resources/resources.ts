import type { ResourceVisit, RunPlan } from '../../run/raw-data';
import type { Figure } from '../figures/figure';
import { overRepetitions } from '../figures/over-repetitions';
import { visitFigures } from '../figures/visit-figures';
import { mostRepetitions } from '../statistics/precision';
import { type Distribution, describe } from '../statistics/statistics';
import { type Agreement, compareSources } from './agreement';
import { isNumber, median } from './counters';
import { analyseIncrements, type Increment } from './increments';
import { analyseVisit, type VisitResult } from './visit';

/** Percentage points of all CPUs by which the CPU of others may exceed that of the quietest visit. */
export const disturbancePoints = 5;
/** Share of all CPUs, %, that an idle node's own services stay below; above it a visit is disturbed even if all of them are. */
export const disturbancePercent = 10;

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
  /** Power of the node's CPU packages, W. */
  readonly packageWatts: Distribution | null;
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
    readonly packageWatts: Distribution | null;
  }[];
}

export interface ResourcesResult {
  readonly cpus: number | null;
  readonly memoryTotalBytes: number | null;
  readonly rootTotalBytes: number | null;
  /** Least CPU share that the kernel's ticks can tell apart in the shortest visit, % of all CPUs. */
  readonly cpuStepPercent: number | null;
  readonly settleRule: string | null;
  readonly visits: readonly VisitResult[];
  readonly levels: readonly LevelResult[];
  readonly increments: readonly Increment[];
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

export function analyseResources(
  visits: readonly ResourceVisit[],
  plan: RunPlan,
  figures: readonly Figure<VisitResult, never>[] = visitFigures,
): ResourcesResult {
  const alone = visits.map((visit) => analyseVisit(visit, plan.lab.guests));
  const quietest = Math.min(...alone.map((visit) => visit.othersCpuPercent).filter(isNumber));
  const results = alone.map((visit) => ({
    ...visit,
    disturbed:
      visit.othersCpuPercent !== null &&
      visit.othersCpuPercent > Math.min(quietest + disturbancePoints, disturbancePercent),
  }));
  const planned = plan.scenarios.includes('resources') ? plan.levelOrder.flat() : [];
  const levels = [...new Set([...planned, ...results.map((result) => result.level)])].sort((a, b) => a - b);
  const samples = visits.flatMap((visit) => visit.samples);
  return {
    cpus: visits[0]?.cpus ?? null,
    memoryTotalBytes: median(samples.map((sample) => sample.memoryTotalBytes)),
    rootTotalBytes: median(samples.map((sample) => sample.rootTotalBytes)),
    cpuStepPercent: cpuStep(visits, alone),
    settleRule: visits[0]?.settleRule ?? null,
    visits: results,
    levels: levels.map((level) => summariseLevel(level, results, plan, figures)),
    increments: analyseIncrements(results, plan),
    agreement: compareSources(results, visits, mostVisits(plan)),
    power: summarisePower(visits, plan),
    faults: results.flatMap((result) =>
      result.fault === null ? [] : [`visit ${result.visit} (level ${result.level}): ${result.fault}`],
    ),
  };
}

function cpuStep(
  visits: readonly ResourceVisit[],
  results: readonly Pick<VisitResult, 'seconds'>[],
): number | null {
  const steps = visits.flatMap(({ ticksPerSecond, cpus }, index) => {
    const seconds = results[index]?.seconds;
    return seconds ? [100 / (ticksPerSecond * cpus * seconds)] : [];
  });
  return steps.length === 0 ? null : Math.max(...steps);
}

function summariseLevel(
  level: number,
  all: readonly VisitResult[],
  plan: RunPlan,
  figures: readonly Figure<VisitResult, never>[],
): LevelResult {
  const visits = all.filter((visit) => visit.level === level && visit.samples > 0);
  const most = mostRepetitions(plan, 'resources');
  const over = (pick: (visit: VisitResult) => number | null | undefined): Distribution | null =>
    describe(
      visits.map((visit) => pick(visit) ?? null),
      { repetitions: visits.map(({ visit }) => visit), most },
    );
  const guests = plan.lab.guests.filter((guest) =>
    visits.some((visit) => visit.runningGuests.includes(guest.name)),
  );
  const { median, beyond } = overRepetitions(figures, visits, {
    most,
    numberOf: ({ visit }) => visit,
  });
  const ofGuest = (visit: VisitResult, name: string) => visit.guests.find((guest) => guest.guest === name);
  const known: LevelResult = {
    level,
    visits: visits.length,
    transientVisits: visits.filter((visit) => visit.transient).length,
    cpuPercent: median('cpuPercent'),
    memoryUsedBytes: median('memoryUsedBytes'),
    memoryPercent: median('memoryPercent'),
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
    rootUsedBytes: median('rootUsedBytes'),
    rootPercent: median('rootPercent'),
    ksmSharedBytes: median('ksmSharedBytes'),
    pressurePercent: {
      cpu: over((visit) => visit.pressurePercent?.cpu),
      memory: over((visit) => visit.pressurePercent?.memory),
      io: over((visit) => visit.pressurePercent?.io),
    },
    packageWatts: median('packageWatts'),
    guestsCpuPercent: median('guestsCpuPercent'),
    guestsResidentBytes: median('guestsResidentBytes'),
    othersCpuPercent: median('othersCpuPercent'),
    othersMemoryBytes: median('othersMemoryBytes'),
    disturbedVisits: visits.filter((visit) => visit.disturbed).length,
    samplerCpuPercent: median('samplerCpuPercent'),
    guests: guests.map((guest) => ({
      guest: guest.name,
      cpuPercent: over((visit) => ofGuest(visit, guest.name)?.cpuPercent),
      residentBytes: over((visit) => ofGuest(visit, guest.name)?.residentBytes),
      packageWatts: over((visit) => ofGuest(visit, guest.name)?.packageWatts),
    })),
  };
  return { ...known, ...beyond(known) };
}

/** Of all levels together; undefined = their number is fixed. */
function mostVisits(plan: RunPlan): number | undefined {
  return mostRepetitions(plan, 'resources') && plan.levelOrder.flat().length;
}

function summarisePower(visits: readonly ResourceVisit[], plan: RunPlan): ResourcesResult['power'] {
  const changes = visits.flatMap(({ visit, changes: ofVisit }) =>
    ofVisit.map((change) => ({ ...change, visit })),
  );
  return plan.lab.guests.flatMap((guest) =>
    (['start', 'shutdown', 'stop'] as const).flatMap((action) => {
      const ours = changes.filter((change) => change.guest === guest.name && change.action === action);
      if (ours.length === 0) return [];
      const over = (key: 'taskSeconds' | 'readySeconds'): Distribution | null =>
        describe(
          ours.map((change) => change[key]),
          { repetitions: ours.map(({ visit }) => visit), most: mostVisits(plan) },
        );
      return [
        { guest: guest.name, action, taskSeconds: over('taskSeconds'), readySeconds: over('readySeconds') },
      ];
    }),
  );
}
