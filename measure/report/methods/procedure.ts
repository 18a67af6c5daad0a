import type { Plan } from '../../../config/lab';
import type { Summary } from '../../analyse/summary';
import { fixed, number, plural, quantity } from '../document/format';
import { resetSentences } from './resets';
import { listed, rangeOf } from './words';

/** What was done with the guests, a paragraph for each scenario that was measured. */
export function procedureParagraphs(summary: Summary): readonly string[] {
  const { plan, scenarios } = summary.plan;
  return [
    ...(plan.resources && scenarios.includes('resources') ? [resources(summary, plan.resources)] : []),
    ...(plan.qos && scenarios.includes('qos') ? [qos(summary, plan.qos)] : []),
    ...(plan.load && scenarios.includes('load') ? [load(summary, plan.load)] : []),
    ...(plan.benchmarks && scenarios.includes('benchmarks') ? [benchmarks(summary, plan.benchmarks)] : []),
  ];
}

function resources(
  { plan, resources: { visits, settleRule } }: Summary,
  settings: NonNullable<Plan['resources']>,
): string {
  const { blocks, samples, intervalSeconds, settleSeconds, settleAtLeastSeconds, energy, precision } =
    settings;
  const levels = new Set(plan.levelOrder.flat());
  const whole = rangeOf(
    visits.map(({ wholeSeconds }) => wholeSeconds),
    's',
  );
  return [
    `What the node spends was measured at ${plural(levels.size, 'level')}, of ${Math.min(...levels)} to ${Math.max(...levels)} running guests. Each level was visited once in each of ${plural(blocks, 'block')}, in an order drawn anew for each block${stopping(precision?.metric, precision?.relativeWidth, 'blocks')}.`,
    `After guests had been started or shut down, the node settled for ${settleAtLeastSeconds === undefined ? '' : `at least ${quantity(settleAtLeastSeconds, 's')} and `}at most ${quantity(settleSeconds, 's')}${settleRule === null ? '' : ` (${settleRule})`}; then its counters were read every ${quantity(intervalSeconds, 's')}, ${plural(samples, 'time')}.`,
    'A visit gives one value: shares of the CPU and rates from the first to the last reading, memory, load averages and disk as the median of its readings.',
    ...(energy ? ['Energy was read from the counters of the CPU packages.'] : []),
    ...(whole === null ? [] : [`A visit took ${whole}.`]),
  ].join(' ');
}

function qos({ sessions }: Summary, settings: NonNullable<Plan['qos']>): string {
  const { sessions: repetitions, clients, pages, thinkSeconds, probes, precision } = settings;
  const warm = sessions.filter(({ warmUpPages }) => warmUpPages.length > 0).length;
  const readers = [...new Set(sessions.map(({ reader }) => reader))];
  const took = rangeOf(
    sessions.map(({ seconds }) => seconds),
    's',
  );
  return [
    `What clients get was measured in sessions: ${repetitions} with each application, in an order drawn from the seed${stopping(precision?.metric, precision?.relativeWidth, 'sessions')}. In a session ${plural(clients, 'client')} at once read ${plural(pages, 'page')} each, with all that they load, and think times between ${number(thinkSeconds[0])} and ${quantity(thinkSeconds[1], 's')}.`,
    ...(readers.length === 0 ? [] : [`Pages were read by: ${readers.join('; ')}.`]),
    ...resetSentences(sessions),
    warmUp(warm, sessions.length),
    `${plural(probes, 'probe')} of the round trip came before each session. Packets were captured at the clients and at the guest’s network card at once, and matched to each other for loss, one-way delay and jitter.`,
    ...(took === null ? [] : [`A session took ${took}.`]),
  ].join(' ');
}

function warmUp(warm: number, all: number): string {
  if (all === 0) return 'No session was measured.';
  if (warm === 0) return 'There was no warm-up.';
  const which = warm === all ? 'Before each session' : `Before ${warm} of ${all} sessions`;
  return `${which} every page was read once, to fill caches; this warm-up is in no figure.`;
}

function load({ ladders }: Summary, settings: NonNullable<Plan['load']>): string {
  const { repetitions, rates, stepSeconds, drainSeconds, inFlight, users, limits } = settings;
  const steps = ladders.reduce((sum, ladder) => sum + ladder.steps.length, 0);
  return [
    `Load was offered in ladders, ${repetitions} for each application: open-loop requests at times drawn beforehand (Poisson arrivals), from ${quantity(rates.first, 'requests/s')} on, each step ${number(rates.factor)} times the rate of the one before, at most ${plural(rates.steps, 'step')} of ${quantity(stepSeconds, 's')}, until a rate was not kept up with; then ${plural(rates.refinements, 'step')} between the last two. At most ${plural(inFlight, 'request')} were under way at once, and answers were waited for ${quantity(drainSeconds, 's')} longer.`,
    `A rate is kept up with if at least ${quantity(limits.answeredPercent, '%')} of its requests are answered, their latency at the 95th percentile is at most ${quantity(limits.latencySeconds, 's')}, and latency grows by at most ${quantity(limits.growthPercent, '%')} of the time that passes. Latency counts from the intended start.`,
    ...(users === undefined
      ? []
      : [
          `After each ladder ${listed(users.map((count) => fixed(count, 0)))} users at once were tried in a closed loop.`,
        ]),
    `${plural(steps, 'step')} were made in ${plural(ladders.length, 'ladder')}.`,
  ].join(' ');
}

function benchmarks({ trials }: Summary, settings: NonNullable<Plan['benchmarks']>): string {
  const { repetitions, of, seconds, warmUpSeconds, diskMiB, arrayMiB } = settings;
  const sizes = [
    ...(of.includes('disk') ? [`a file of ${quantity(diskMiB, 'MiB')}`] : []),
    ...(of.includes('memory') ? [`arrays of ${quantity(arrayMiB, 'MiB')}`] : []),
  ];
  return `Benchmarks of ${listed(of)} ran ${plural(repetitions, 'time')} in each guest and on the node beside it, ${quantity(seconds, 's')} each after a warm-up of ${quantity(warmUpSeconds, 's')}${sizes.length === 0 ? '' : `, on ${listed(sizes)}`}; a guest is compared with the node of the same trial. ${plural(trials.length, 'trial')} were made.`;
}

const metrics: Readonly<Record<string, string>> = {
  cpuPercent: 'the node’s CPU',
  memoryUsedBytes: 'the memory used',
  pageLoadSeconds: 'the page load time',
  firstByteSeconds: 'the time to first byte',
};

function stopping(metric: string | undefined, relativeWidth: number | undefined, what: string): string {
  if (metric === undefined || relativeWidth === undefined) return '';
  return `, or fewer ${what} once the interval of ${metrics[metric] ?? metric} was no wider than ${quantity(relativeWidth * 100, '%')} of its median`;
}
