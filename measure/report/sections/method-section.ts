import type { LoadPlan, Plan } from '../../../config/lab';
import { disturbancePercent, disturbancePoints } from '../../analyse/resources/resources';
import type { Summary } from '../../analyse/summary';
import type { Section } from '../document/document';
import { number, plural, quantity } from '../document/format';

/** How the figures of the scenarios that were measured came about, and what they mean. */
export function methodSection({ plan, sessions }: Summary): Section {
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
          ...(qos && measured('qos') ? qosMethod(qos, sessions) : []),
          ...(load && measured('load') ? loadMethod(load) : []),
          'Intervals: bootstrap of the median (BCa, Efron 1987), 2000 replicates, seeded, from n = 3 on. No outlier is dropped.',
        ],
      },
    ],
  };
}

function resourcesMethod(resources: NonNullable<Plan['resources']>): readonly string[] {
  const { blocks, samples, intervalSeconds, settleSeconds } = resources;
  return [
    `Scenario 1: ${plural(blocks, 'block')}, each visiting every level once; ${plural(samples, 'sample')} per visit, one every ${quantity(intervalSeconds, 's')}, after settling for at most ${quantity(settleSeconds, 's')}. The visit is the unit of repetition.`,
    'CPU: the time less the idle time in /proc/stat, of the time between the first and the last sample; not busy ticks of all ticks, as Linux may count the busy ones by sampling and the idle time exactly. Memory: MemTotal − MemAvailable, median of the visit. Load averages and root disk: median of the visit. A guest’s CPU and memory: time and resident memory of its process on the node; CPU in % of one CPU in the guests’ table, else of all. Resident memory counts pages that processes share in each of them.',
    `Others: what the node used less what the guests’ processes used. A visit is “disturbed” where others took over ${disturbancePoints} percentage points more of all CPUs than in the quietest visit, or over ${quantity(disturbancePercent, '%')} of them. It stays in the figures.`,
    'Steps between levels: differences of two visits of one block, so that a drift over the run does not pass for a step. Level n is the first n guests of lab.yaml, so each step is that of one certain guest.',
  ];
}

function qosMethod(qos: NonNullable<Plan['qos']>, [first]: Summary['sessions']): readonly string[] {
  const { sessions, clients, pages, thinkSeconds, probes } = qos;
  return [
    `Scenario 2: ${plural(sessions, 'session')} per application, ${plural(clients, 'client')} at once, ${plural(pages, 'page')} each with all that they load, think times of ${number(thinkSeconds[0])} to ${quantity(thinkSeconds[1], 's')}, ${plural(probes, 'probe')} before. The session is the unit of repetition.`,
    // Sessions of one run have one reader.
    ...(first === undefined ? [] : [`Reader: ${first.reader}.`]),
    'Warm-up: before its probe and captures each session reads every page once, so that caches are filled in every session alike. Its pages are in the raw data and in no figure but their own. Runs collected without one say “no warm-up”.',
    'Throughput: bytes of frames on the wire over the time from the first packet to the last, at the client. Goodput: TCP payload, each byte once.',
    'Loss (RFC 7680): packets seen at the sender’s end and not within 3 s at the receiver’s, matched as a multiset on addresses, ports, IP identification, sequence and acknowledgement number and payload length. It is unknown where a capture dropped packets or is cut off.',
    'One-way delay (RFC 7679): from one capture to the other, both stamped by one clock. Jitter: RFC 3550, section 6.4.1, over all packets of a direction. Delay variation: RFC 5481 / Y.1541. Round trip: segment to the ACK that names its end, at the client, without retransmitted ones (Karn); acknowledgements that the guest delays, on Linux by some 40 ms, are in it.',
    'Page load: from the intended start, so that a late start counts, to the end of the last transfer of the page. A page that failed has no load time and is counted apart; no other is left out.',
  ];
}

function loadMethod({ repetitions, rates, inFlight, drainSeconds }: LoadPlan): readonly string[] {
  return [
    `Load: ${plural(repetitions, 'ladder')} per application, from ${quantity(rates.first, 'requests/s')}, each rate ${number(rates.factor)} times the one before, at most ${plural(rates.steps, 'step')}, until a rate is not kept up with; then ${plural(rates.refinements, 'step')} at the geometric mean of the bracket. The ladder is the unit of repetition.`,
    `Arrivals: drawn uniformly over the step, as those of a Poisson process given their number are, and not dependent on answers (an open system; Schroeder, Wierman, Harchol-Balter, NSDI 2006). Latency: from the intended start, so that a server that stops shows in every request that was meant for that time (no coordinated omission; Tene 2013). A request without a good answer counts as later than any. At most ${plural(inFlight, 'request')} are under way at once; answers are waited for ${quantity(drainSeconds, 's')} after the step.`,
  ];
}
