import type { Environment, RunPlan } from '../run/raw-data';
import { guestsAtLevel, settingsOf } from '../run/run-plan';

/** Seconds for a guest to boot until its application answers, and for a page with all that it loads: usual ones, on 2 CPUs. */
const usual = {
  emulated: { start: 45, page: 2, firstRound: 15 },
  virtualised: { start: 15, page: 0.3, firstRound: 2 },
};
const shutdownSeconds = 6;
/** A rollback to a snapshot with memory, until the application answers again. */
const resetSeconds = 8;
/** Offloads, captures and the last packets of a session. */
const aroundSession = 6;

/** About how long a plan takes, seconds: its own pauses and samples, a guess for starts, shutdowns and pages. */
export function estimateSeconds(plan: RunPlan, acceleration: Environment['acceleration']): number {
  // Containers run natively, whatever the node has.
  const isNative = plan.lab.guests.every(({ kind }) => kind === 'container');
  const guess = acceleration === 'kvm' || isNative ? usual.virtualised : usual.emulated;
  let seconds = 0;
  if (plan.scenarios.includes('qos')) {
    const { pages, thinkSeconds, probes, reset } = settingsOf(plan, 'qos');
    const think = (thinkSeconds[0] + thinkSeconds[1]) / 2;
    // The clients' first pages are spread over the longest pause.
    const reading = pages * guess.page + (pages - 1) * think + thinkSeconds[1];
    const warmUp = pages * guess.page;
    seconds += plan.sessionOrder.length * (warmUp + reading + probes * 0.1 + aroundSession);
    if (reset === 'boot') seconds += plan.sessionOrder.length * (shutdownSeconds + guess.start);
    if (reset === 'snapshot') seconds += plan.sessionOrder.length * resetSeconds;
    seconds += new Set(plan.sessionOrder).size * guess.firstRound;
  }
  if (plan.scenarios.includes('resources')) {
    const {
      intervalSeconds,
      samples,
      settleSeconds,
      settleAtLeastSeconds = 0,
    } = settingsOf(plan, 'resources');
    const settling = Math.max(settleAtLeastSeconds, Math.min(settleSeconds, 15));
    let running = plan.lab.guests.length;
    for (const level of plan.levelOrder.flat()) {
      const wanted = guestsAtLevel(plan.lab.guests, level).length;
      if (wanted > running) seconds += guess.start;
      if (wanted < running) seconds += shutdownSeconds;
      seconds += settling + samples * intervalSeconds;
      running = wanted;
    }
  }
  if (plan.scenarios.includes('load')) {
    const { rates, stepSeconds, drainSeconds, users = [] } = settingsOf(plan, 'load');
    // One page at a time: up to the step beyond the rate of a guest with one core.
    const climbed = Math.max(
      1,
      2 + Math.floor(Math.log(1 / guess.page / rates.first) / Math.log(rates.factor)),
    );
    const ladder = Math.min(rates.steps, climbed) + rates.refinements + users.length;
    seconds += (plan.ladderOrder ?? []).length * (ladder * (stepSeconds + guess.page) + drainSeconds);
  }
  if (plan.scenarios.includes('benchmarks')) {
    const { of, seconds: each, warmUpSeconds } = settingsOf(plan, 'benchmarks');
    const made = of.reduce((sum, kind) => sum + benchmarksOf[kind], 0);
    // Each on the node too; programs start, and the disk's file is written, in about the time of a page.
    seconds += (plan.trialOrder ?? []).length * made * 2 * (each + warmUpSeconds + guess.page);
  }
  return seconds;
}

/** How many there are of each kind. */
const benchmarksOf = { cpu: 1, memory: 1, disk: 6, network: 4 };

/** Whether a rule of precision may end it sooner, so that the estimate is the most that it takes. */
export function mayStopEarly({ plan, scenarios }: RunPlan): boolean {
  return (['resources', 'qos'] as const).some(
    (scenario) => scenarios.includes(scenario) && plan[scenario]?.precision !== undefined,
  );
}
