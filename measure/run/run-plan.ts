import type { Guest, Lab, Plan } from '../../config/lab';
import { seededRandom, shuffled } from './random';
import type { RunPlan, Scenario } from './raw-data';
import { FORMAT_VERSION } from './records/plan';

/** The scenarios that a plan has, in the order of its type. */
export function scenariosOf(plan: Plan): readonly Scenario[] {
  return (['resources', 'qos', 'load', 'benchmarks'] as const).filter(
    (scenario) => plan[scenario] !== undefined,
  );
}

/** A scenario's settings in a registered plan. Throws where it has none, which registering would have refused. */
export function settingsOf<Name extends Scenario>(plan: RunPlan, scenario: Name): NonNullable<Plan[Name]> {
  const settings = plan.plan[scenario];
  if (!settings) throw new Error(`plan.json: the plan "${plan.planName}" has no ${scenario}`);
  return settings;
}

/** A guest that the plan names. Throws where its lab does not have it. */
export function plannedGuest({ lab }: RunPlan, name: string): Guest {
  const guest = lab.guests.find((each) => each.name === name);
  if (!guest) throw new Error(`plan.json names the guest ${name}, which its lab does not have`);
  return guest;
}

export type ReaderKind = NonNullable<RunPlan['reader']>;

export interface PlanRequest {
  readonly run: string;
  readonly planName: string;
  readonly scenarios: readonly Scenario[];
  readonly registeredAt: string;
  /** What reads the pages of scenario 2. Default scripted. */
  readonly reader?: ReaderKind;
  readonly missingApplications: RunPlan['missingApplications'];
}

/**
 * Fixes beforehand what a run will do: every level of scenario 1 once per block, every application of scenario 2
 * `sessions` times, `repetitions` ladders of load, and as many trials of benchmarks of each guest, all in an order drawn from the lab's seed. Throws for a plan or
 * scenario that lab.yaml does not have.
 */
export function registerPlan(lab: Lab, request: PlanRequest): RunPlan {
  const plan = lab.plans[request.planName];
  if (!plan) {
    throw new Error(
      `there is no plan "${request.planName}" in lab.yaml; it has ${Object.keys(lab.plans).join(', ')}`,
    );
  }
  const absent = request.scenarios.filter((scenario) => plan[scenario] === undefined);
  if (absent.length > 0) {
    throw new Error(
      `the plan "${request.planName}" has no ${absent.join(', ')}; it has ${scenariosOf(plan).join(', ')}`,
    );
  }
  const random = seededRandom(lab.seed);
  /** Round by round, so that a drift of the node's speed meets all alike. */
  const rounds = <T>(count: number | undefined, of: readonly T[]): T[][] =>
    Array.from({ length: count ?? 0 }, () => shuffled(of, random));
  const levels = Array.from({ length: lab.guests.length + 1 }, (_, level) => level);
  const missing = new Set(request.missingApplications.map((entry) => entry.guest));
  const present = lab.guests.filter((guest) => !missing.has(guest.name)).map((guest) => guest.name);
  return {
    formatVersion: FORMAT_VERSION,
    run: request.run,
    planName: request.planName,
    plan,
    scenarios: request.scenarios,
    seed: lab.seed,
    registeredAt: request.registeredAt,
    reader: request.reader ?? 'scripted',
    levelOrder: rounds(plan.resources?.blocks, levels),
    sessionOrder: rounds(plan.qos?.sessions, present).flat(),
    ladderOrder: rounds(plan.load?.repetitions, present).flat(),
    trialOrder: rounds(
      plan.benchmarks?.repetitions,
      lab.guests.map((guest) => guest.name),
    ).flat(),
    lab: {
      name: lab.name,
      nodeName: lab.nodeName,
      networks: lab.networks,
      guests: lab.guests,
      clients: lab.clients,
      images: lab.images,
    },
    missingApplications: request.missingApplications,
  };
}

/**
 * Guests that run at a level: the first ones of lab.yaml. The sets of all levels are nested, so that going from level
 * a to level b takes |a − b| starts or shutdowns and no more.
 */
export function guestsAtLevel(guests: readonly Guest[], level: number): readonly Guest[] {
  return guests.slice(0, level);
}

/** Names of the visits' files, in the order visited: 000-level2. */
export function visitNames(plan: RunPlan): readonly { name: string; block: number; level: number }[] {
  return plan.levelOrder
    .flatMap((levels, block) => levels.map((level) => ({ block, level })))
    .map((visit, index) => ({ ...visit, name: `${String(index).padStart(3, '0')}-level${visit.level}` }));
}

/** Names of the sessions' directories, in the order run: 000-wordpress. */
export function sessionNames(plan: RunPlan): readonly { name: string; guest: string }[] {
  return numbered(plan.sessionOrder);
}

/** Names of the ladders' files, in the order climbed: 000-wordpress. */
export function ladderNames(plan: RunPlan): readonly { name: string; guest: string }[] {
  return numbered(plan.ladderOrder ?? []);
}

/** Names of the benchmarks' files, in the order made: 000-wordpress. */
export function trialNames(plan: RunPlan): readonly { name: string; guest: string }[] {
  return numbered(plan.trialOrder ?? []);
}

function numbered(guests: readonly string[]): readonly { name: string; guest: string }[] {
  return guests.map((guest, index) => ({ guest, name: `${String(index).padStart(3, '0')}-${guest}` }));
}
