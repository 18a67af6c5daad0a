import type { LoadPlan, Plan } from '../../../config/lab';
import { allFigures } from '../../analyse/figures/catalogue';
import type { NamedFigure } from '../../analyse/figures/figure';
import { latency } from '../../analyse/figures/load-figures';
import { disturbancePercent, disturbancePoints } from '../../analyse/resources/resources';
import { fewestForInterval, firstLook, wantedPercent } from '../../analyse/statistics/median-interval';
import { mostRepetitions } from '../../analyse/statistics/precision';
import type { Summary } from '../../analyse/summary';
import type { Section } from '../document/document';
import { number, plural, quantity } from '../document/format';
import { methodsParagraphs } from '../methods/methods';
import { resetSentences } from '../methods/resets';

/** What the catalogue says of how a figure comes about. */
const how =
  (figures: readonly NamedFigure[]) =>
  (key: string): string => {
    const figure = figures.find((each) => each.key === key);
    if (!figure) throw new RangeError(`the catalogue of figures has no ${key}`);
    return figure.rule.how;
  };
const visit = how(allFigures.visits);
const step = how(allFigures.increments);
const application = how(allFigures.applications);

/** How the figures of the scenarios that were measured came about, and what they mean. */
export function methodSection(summary: Summary): Section {
  const { plan, sessions } = summary;
  const { resources, qos, load } = plan.plan;
  const measured = (scenario: (typeof plan.scenarios)[number]): boolean => plan.scenarios.includes(scenario);
  return {
    id: 'method',
    title: 'Method',
    blocks: [
      {
        kind: 'list',
        items: [
          ...(resources && measured('resources') ? resourcesMethod(resources) : []),
          ...(resources && measured('resources') ? containersMethod(plan) : []),
          ...(qos && measured('qos') ? qosMethod(qos, sessions) : []),
          ...(load && measured('load') ? loadMethod(load) : []),
          `Intervals: from one repetition in order to another, as the binomial law of the number of values below the median gives them (David and Nagaraja, Order Statistics, 7.1), from n = ${fewestForInterval} on: the narrowest with a coverage of ${wantedPercent} % or more or, where n is too small for one, the widest that there is. The coverage beside it holds for repetitions that are independent and of one distribution, whatever that is. No outlier is dropped.`,
          ...(['resources', 'qos'] as const).flatMap((scenario) => stoppingMethod(plan, scenario)),
        ],
      },
      { kind: 'text', text: 'As a paper tells it (methods.md has the same text):', detail: true },
      ...methodsParagraphs(summary).map((text) => ({ kind: 'text' as const, text, detail: true })),
    ],
  };
}

function stoppingMethod(plan: Summary['plan'], scenario: 'resources' | 'qos'): readonly string[] {
  const most = plan.scenarios.includes(scenario) ? mostRepetitions(plan, scenario) : undefined;
  if (most === undefined) return [];
  const of = scenario === 'resources' ? 'visits' : 'sessions';
  return [
    `Repetitions of ${of} stop when precise enough: their intervals are repeated ones (Jennison and Turnbull 1989), which for every n from ${firstLook(most)} to ${most} hold the median all at once with the coverage that is said, whenever they stop.`,
  ];
}

function resourcesMethod(resources: NonNullable<Plan['resources']>): readonly string[] {
  const { blocks, samples, intervalSeconds, settleSeconds } = resources;
  return [
    `Scenario 1: ${plural(blocks, 'block')}, each visiting every level once; ${plural(samples, 'sample')} per visit, one every ${quantity(intervalSeconds, 's')}, after settling for at most ${quantity(settleSeconds, 's')}. The visit is the unit of repetition.`,
    `CPU: ${visit('cpuPercent')}. Idle time is that of /proc/stat; busy ticks are not used, as Linux may count them by sampling and the idle time exactly. Memory used: ${visit('memoryUsedBytes')} (MemTotal, MemAvailable). Load averages and root disk: ${visit('loadAverage')}. A guest’s CPU: ${visit('guests cpuPercent')} (elsewhere: all CPUs). Its resident memory: ${visit('guests residentBytes')}; pages that processes share count in each of them.`,
    `CPU of others: ${visit('othersCpuPercent')}. Memory of others: ${visit('othersMemoryBytes')}. A visit is “disturbed” where others took over ${disturbancePoints} percentage points more of all CPUs than in the quietest visit, or over ${quantity(disturbancePercent, '%')} of them. It stays in the figures.`,
    `Steps between levels: ${step('memoryUsedBytes')}, so that a drift over the run does not pass for a step; CPU likewise. Level n is the first n guests of lab.yaml, so each step is that of one certain guest.`,
  ];
}

function containersMethod({ lab }: Summary['plan']): readonly string[] {
  if (lab.guests.every(({ kind }) => kind === 'vm')) return [];
  return [
    'Of a container CPU and memory are those of its control group: all of its processes, without pages of files that the kernel can take back. Its captures are made at the node’s end of its veth pair, where a virtual machine has a tap.',
  ];
}

function qosMethod(qos: NonNullable<Plan['qos']>, all: Summary['sessions']): readonly string[] {
  const [first] = all;
  const { sessions, clients, pages, thinkSeconds, probes } = qos;
  return [
    `Scenario 2: ${plural(sessions, 'session')} per application, ${plural(clients, 'client')} at once, ${plural(pages, 'page')} each with all that they load, think times of ${number(thinkSeconds[0])} to ${quantity(thinkSeconds[1], 's')}, ${plural(probes, 'probe')} before. The session is the unit of repetition.`,
    // Sessions of one run have one reader.
    ...(first === undefined ? [] : [`Reader: ${first.reader}.`]),
    ...resetSentences(all),
    'Warm-up: before its probe and captures each session reads every page once, so that caches are filled in every session alike. Its pages are in the raw data and in no figure but their own. Runs collected without one say “no warm-up”.',
    `Throughput: ${application('throughputBitsPerSecond')}, at the client. Goodput: ${application('goodputBitsPerSecond')}.`,
    `Loss (RFC 7680): ${application('lossPercent')}. Packets are matched as a multiset on addresses, ports, IP identification, sequence and acknowledgement number and payload length. Loss is unknown where a capture dropped packets or is cut off.`,
    `One-way delay (RFC 7679), from one capture to the other, both stamped by one clock: ${application('oneWayDelayMs')}. Jitter (RFC 3550, section 6.4.1): ${application('jitterMs')}; peak: ${application('peakJitterMs')}. Delay variation (RFC 5481, Y.1541): ${application('delayVariationMs')}. Round trip: ${application('ackRoundTripMs')}, at the client, without retransmitted ones (Karn); acknowledgements that the guest delays, on Linux by some 40 ms, are in it.`,
    `Page load: ${application('pageLoadSeconds')}, of all that the page loads; a late start counts. A page that failed has no load time and is counted apart; no other is left out.`,
  ];
}

function loadMethod({ repetitions, rates, inFlight, drainSeconds }: LoadPlan): readonly string[] {
  return [
    `Load: ${plural(repetitions, 'ladder')} per application, from ${quantity(rates.first, 'requests/s')}, each rate ${number(rates.factor)} times the one before, at most ${plural(rates.steps, 'step')}, until a rate is not kept up with; then ${plural(rates.refinements, 'step')} at the geometric mean of the bracket. The ladder is the unit of repetition.`,
    `Arrivals: drawn uniformly over the step, as those of a Poisson process given their number are, and not dependent on answers (an open system; Schroeder, Wierman, Harchol-Balter, NSDI 2006). Latency: ${latency}. So a server that stops shows in every request that was meant for that time (no coordinated omission; Tene 2013). At most ${plural(inFlight, 'request')} are under way at once; answers are waited for ${quantity(drainSeconds, 's')} after the step.`,
  ];
}
