import type { RunPlan, Scenario } from '../run/raw-data';
import type { RawRun } from '../run/raw-run';
import { applicationIsEnough, levelIsEnough } from './stopping';

/** Repetitions of a scenario, over its levels, applications or guests. */
export interface RepetitionCount {
  readonly scenario: Scenario;
  readonly planned: number;
  /** Made without a fault, of the level, application or guest that has the fewest. */
  readonly least: number;
  readonly most: number;
}

/** What is known of a run without analysing its captures. */
export interface RunOverview {
  readonly repetitions: readonly RepetitionCount[];
  /** Visits, sessions, ladders and trials with a fault, and records with impossible times. */
  readonly faults: number;
  /** Whether all that was planned has been made, faults and all, or a rule of precision has stopped it. */
  readonly isWhole: boolean;
}

interface Made {
  readonly of: string | number;
  readonly fault: string | null;
}

/** Pure. */
export function runOverview(raw: RawRun): RunOverview {
  const { plan, impossible } = raw;
  const made: Readonly<Record<Scenario, readonly Made[]>> = {
    resources: raw.visits.map(({ level, fault }) => ({ of: level, fault })),
    qos: raw.sessions.map(({ session: { guest, fault } }) => ({ of: guest, fault })),
    load: raw.ladders.map(({ ladder: { guest, fault } }) => ({ of: guest, fault })),
    benchmarks: raw.trials.map(({ trial: { guest, fault } }) => ({ of: guest, fault })),
  };
  const all = plan.scenarios.flatMap((scenario) => made[scenario]);
  const faults = all.filter(({ fault }) => fault !== null).length + impossible.length;
  const missing = plan.scenarios.flatMap((scenario) =>
    missingOf(plannedOf(plan, scenario), made[scenario]).filter((of) => !isEnough(raw, scenario, of)),
  );
  return {
    repetitions: plan.scenarios.map((scenario) => counted(plan, scenario, made[scenario])),
    faults,
    // A record that cannot have been is one that was made.
    isWhole: missing.length <= impossible.length,
  };
}

function plannedOf(plan: RunPlan, scenario: Scenario): readonly (string | number)[] {
  switch (scenario) {
    case 'resources':
      return plan.levelOrder.flat();
    case 'qos':
      return plan.sessionOrder;
    case 'load':
      return plan.ladderOrder ?? [];
    case 'benchmarks':
      return plan.trialOrder ?? [];
  }
}

/** One for each repetition that no record is of. */
function missingOf(planned: readonly (string | number)[], made: readonly Made[]): (string | number)[] {
  return [...new Set(planned)].flatMap((of) => {
    const wanted = planned.filter((each) => each === of).length;
    const there = made.filter((each) => each.of === of).length;
    return new Array<string | number>(Math.max(0, wanted - there)).fill(of);
  });
}

function isEnough({ plan, visits, sessions }: RawRun, scenario: Scenario, of: string | number): boolean {
  if (scenario === 'resources') return levelIsEnough(plan, visits, Number(of));
  if (scenario !== 'qos') return false;
  const own = sessions.map(({ session }) => session);
  return applicationIsEnough(plan, own, String(of));
}

function counted(plan: RunPlan, scenario: Scenario, made: readonly Made[]): RepetitionCount {
  const planned = plannedOf(plan, scenario);
  const groups = [...new Set(planned)];
  const counts = groups.map((of) => made.filter((each) => each.of === of && each.fault === null).length);
  return {
    scenario,
    planned: groups.length === 0 ? 0 : planned.length / groups.length,
    least: Math.min(...(counts.length > 0 ? counts : [0])),
    most: Math.max(0, ...counts),
  };
}
