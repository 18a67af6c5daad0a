import { delayPlaces } from '../analyse/delay-places';
import { disturbancePercent, disturbancePoints } from '../analyse/resources';
import type { Summary } from '../analyse/summary';
import { describeShape, linkShape } from '../link-shape';
import type { Section, Table } from './document';
import { number, plural, quantity, when } from './format';

export function labSection(summary: Summary): Section {
  const { plan, environment } = summary;
  const { networks, guests, clients } = plan.lab;
  return {
    id: 'lab',
    title: 'The lab',
    blocks: [
      {
        kind: 'text',
        text: `Node ${plan.lab.nodeName}, ${environment.target === 'local' ? 'the embedded local node' : 'a Proxmox VE node'}. Servers on ${networks.servers.bridge} (${networks.servers.cidr}), clients on ${networks.clients.bridge} (${networks.clients.cidr}), routed by the node: ${clients.map(({ address }) => address).join(', ')}.`,
      },
      { kind: 'text', text: linkText(summary) },
      {
        kind: 'table',
        title: 'Guests',
        head: ['Guest', 'Application', 'vmid', 'Address', 'Cores', 'Memory', 'Disk', 'Installed'],
        rows: guests.map((guest) => [
          guest.name,
          guest.role,
          String(guest.vmid),
          guest.address,
          String(guest.cores),
          quantity(guest.memoryMiB, 'MiB', 6),
          quantity(guest.diskGiB, 'GiB'),
          plan.missingApplications.find(({ guest: name }) => name === guest.name)?.reason ?? 'yes',
        ]),
      },
    ],
  };
}

/** The shape of the clients' links, a factor of the experiment; where it was made; and what it dropped by its own counters. */
function linkText(summary: Summary): string {
  const { plan, sessions } = summary;
  const shape = linkShape(plan.lab.networks.clients);
  if (Object.keys(shape).length === 0) return 'The clients’ links are not shaped.';
  const links = sessions.flatMap(({ link }) => link ?? []);
  const dropped = links.flatMap((link) => link.dropped ?? []);
  const sum = (key: 'toServer' | 'toClient'): string =>
    plural(
      dropped.reduce((total, each) => total + each[key], 0),
      'packet',
    );
  return [
    `The clients’ links are shaped, as a factor of the experiment: ${describeShape(shape)}.`,
    ...delayPlaces(summary).map((place) => delayText[place]),
    ...(dropped.length === 0
      ? []
      : [
          `While captured, the links dropped ${sum('toServer')} to the servers and ${sum('toClient')} to the clients by their own counters, whatever the captures found.`,
        ]),
  ].join(' ');
}

const delayText = {
  node: 'The delay is made on the node by netem, between the two captures: round trips take twice the delay longer, and it is in the one-way delays.',
  guest:
    'The delay is made by netem inside the guest, in what the guest sends, twice the delay, as the node’s kernel has no netem: round trips take as much longer as with a delay each way. It lies behind the capture at the guest’s tap, so it is in page loads and round trips, and not in one-way delays.',
} as const;

export function methodSection({ plan, sessions }: Summary): Section {
  const { resources, qos, load } = plan.plan;
  return {
    id: 'method',
    title: 'Method',
    blocks: [
      {
        kind: 'list',
        items: [
          ...(resources === undefined
            ? []
            : [
                `Scenario 1: ${plural(resources.blocks, 'block')}, each visiting every level once; ${plural(resources.samples, 'sample')} per visit, one every ${quantity(resources.intervalSeconds, 's')}, after settling for at most ${quantity(resources.settleSeconds, 's')}. The visit is the unit of repetition.`,
              ]),
          'CPU: busy ticks of all ticks in /proc/stat between the first and the last sample. Memory: MemTotal − MemAvailable, median of the visit. Load averages and root disk: median of the visit. A guest’s CPU and memory: time and resident memory of its process on the node; CPU in % of one CPU in the guests’ table, else of all. Resident memory counts pages that processes share in each of them.',
          `Others: what the node used less what the guests’ processes used. A visit is “disturbed” where others took over ${disturbancePoints} percentage points more of all CPUs than in the quietest visit, or over ${quantity(disturbancePercent, '%')} of them. It stays in the figures.`,
          ...(qos === undefined
            ? []
            : [
                `Scenario 2: ${plural(qos.sessions, 'session')} per application, ${plural(qos.clients, 'client')} at once, ${plural(qos.pages, 'page')} each with all that they load, think times of ${number(qos.thinkSeconds[0])} to ${quantity(qos.thinkSeconds[1], 's')}, ${plural(qos.probes, 'probe')} before. The session is the unit of repetition.`,
              ]),
          ...(load === undefined
            ? []
            : [
                `Load: ${plural(load.repetitions, 'ladder')} per application, from ${quantity(load.rates.first, 'requests/s')}, each rate ${number(load.rates.factor)} times the one before, at most ${plural(load.rates.steps, 'step')}, until a rate is not kept up with; then ${plural(load.rates.refinements, 'step')} at the geometric mean of the bracket. The ladder is the unit of repetition.`,
                `Arrivals: drawn uniformly over the step, as those of a Poisson process given their number are, and not dependent on answers (an open system; Schroeder, Wierman, Harchol-Balter, NSDI 2006). Latency: from the intended start, so that a server that stops shows in every request that was meant for that time (no coordinated omission; Tene 2013). A request without a good answer counts as later than any. At most ${plural(load.inFlight, 'request')} are under way at once; answers are waited for ${quantity(load.drainSeconds, 's')} after the step.`,
              ]),
          ...readerItem(sessions),
          'Warm-up: before its probe and captures each session reads every page once, so that caches are filled in every session alike. Its pages are in the raw data and in no figure but their own. Runs collected without one say “no warm-up”.',
          'Throughput: bytes of frames on the wire over the time from the first packet to the last, at the client. Goodput: TCP payload, each byte once.',
          'Loss (RFC 7680): packets seen at the sender’s end and not within 3 s at the receiver’s, matched as a multiset on addresses, ports, IP identification, sequence and acknowledgement number and payload length. It is unknown where a capture dropped packets or is cut off.',
          'One-way delay (RFC 7679): from one capture to the other, both stamped by one clock. Jitter: RFC 3550, section 6.4.1, over all packets of a direction. Delay variation: RFC 5481 / Y.1541. Round trip: segment to the ACK that names its end, at the client, without retransmitted ones (Karn); acknowledgements that the guest delays, on Linux by some 40 ms, are in it.',
          'Page load: from the intended start, so that a late start counts, to the end of the last transfer of the page. A page that failed has no load time and is counted apart; no other is left out.',
          'Intervals: bootstrap of the median (BCa, Efron 1987), 2000 replicates, seeded, from n = 3 on. No outlier is dropped.',
          'Steps between levels: differences of two visits of one block, so that a drift over the run does not pass for a step. Level n is the first n guests of lab.yaml, so each step is that of one certain guest.',
        ],
      },
    ],
  };
}

/** Sessions of one run have one reader. */
function readerItem([first]: Summary['sessions']): readonly string[] {
  return first === undefined ? [] : [`Reader: ${first.reader}.`];
}

/** Names of what collecting records, as a reader would call it; a fact that is not here is shown under its own name. */
const factNames: Readonly<Record<string, string>> = {
  cpuModel: 'CPU',
  cpus: 'CPUs',
  memoryBytes: 'memory',
  cpuGovernor: 'CPU governor',
  clockSource: 'clock source',
  virtualizedIn: 'the node itself runs in',
  qemu: 'QEMU',
  accelerator: 'QEMU’s accelerator and its settings',
  pveManager: 'Proxmox VE',
  proxmoxVeApi: 'version that the API states',
  guestsDeclared: 'guests in lab.yaml',
  labSha256: 'SHA-256 of the lab',
  collectedWithNode: 'collected with Node.js',
  clockOffsetSeconds: 'node’s clock less the collector’s',
  clockOffsetUncertaintySeconds: 'error of that, at most (half a round trip)',
  capture: 'captures made by',
};

function factValue(name: string, value: string | number | null): string {
  if (value === null) return 'not known';
  if (typeof value === 'string') return value;
  if (name.endsWith('Bytes')) return quantity(value / 2 ** 30, 'GiB');
  if (name.endsWith('Seconds')) return quantity(value * 1000, 'ms');
  return number(value, 9);
}

export function environmentSection({ environment, sessions }: Summary): Section {
  const resolution = sessions.find(({ resolutionSeconds }) => resolutionSeconds !== null)?.resolutionSeconds;
  return {
    id: 'environment',
    title: 'Environment',
    blocks: [
      {
        kind: 'table',
        title: 'Recorded with the run',
        head: ['Fact', 'Value'],
        rows: [
          ['target', environment.target === 'local' ? 'local node' : 'Proxmox VE'],
          ['acceleration', environment.acceleration ?? 'unknown'],
          [
            'step of the captures’ clock',
            resolution == null ? 'no capture' : quantity(Math.round(resolution * 1e9), 'ns'),
          ],
          ...Object.entries(environment.facts).map(([name, value]) => [
            factNames[name] ?? name,
            name === 'seed' ? String(value) : factValue(name, value),
          ]),
        ],
      },
    ],
  };
}

/** What was registered beside what was made, each in the order of time; a dash where nothing was made. */
function orderTable({ plan, resources, sessions, ladders }: Summary): Table {
  const inTime = <T extends { readonly startedAt: number | null }>(all: readonly T[]): T[] =>
    [...all].sort((a, b) => (a.startedAt ?? 0) - (b.startedAt ?? 0));
  const row = (what: string, planned: readonly (string | number)[], made: readonly (string | number)[]) => [
    what,
    planned.join(', '),
    made.join(', ') || '—',
    planned.join() === made.join() ? 'as registered' : made.length === 0 ? 'not made' : 'differs',
  ];
  const visits = inTime(resources.visits.filter(({ samples }) => samples > 0));
  return {
    kind: 'table',
    title: 'Order',
    head: ['What', 'Registered', 'Made', ''],
    rows: [
      ...(plan.scenarios.includes('resources')
        ? plan.levelOrder.map((levels, block) =>
            row(
              `levels of block ${block + 1}`,
              levels,
              visits.filter((visit) => visit.block === block).map(({ level }) => level),
            ),
          )
        : []),
      ...(plan.scenarios.includes('qos')
        ? [
            row(
              'sessions',
              plan.sessionOrder,
              inTime(sessions).map(({ guest }) => guest),
            ),
          ]
        : []),
      ...(plan.scenarios.includes('load')
        ? [
            row(
              'ladders of load',
              plan.ladderOrder ?? [],
              inTime(ladders).map(({ guest }) => guest),
            ),
          ]
        : []),
    ],
  };
}

export function progressSection(summary: Summary): Section {
  const { progress, faults, plan } = summary;
  return {
    id: 'progress',
    title: 'Planned and done',
    blocks: [
      {
        kind: 'text',
        text: `Plan “${plan.planName}”, registered ${when(plan.registeredAt)}, before the first sample; orders and think times were drawn from the seed ${plan.seed}.`,
      },
      orderTable(summary),
      {
        kind: 'table',
        title: 'Repetitions',
        head: ['What', 'Planned', 'Done without fault'],
        rows: progress.map(({ what, planned, done }) => [
          what,
          planned === 0 ? 'none' : String(planned),
          planned === 0 ? '—' : String(done),
        ]),
      },
      faults.length === 0
        ? { kind: 'text', text: 'No fault was recorded.' }
        : { kind: 'list', items: faults },
    ],
  };
}

export function dataSection({ run }: Summary): Section {
  return {
    id: 'data',
    title: 'Raw data',
    blocks: [
      {
        kind: 'text',
        text: `The raw data is in results/${run}/raw, the plan in results/${run}/plan.json, every value in samples.csv, every result in summary.json. This rebuilds them and this report from the raw data, byte for byte:`,
      },
      { kind: 'code', text: `npm run report -- ${run}` },
      {
        kind: 'text',
        text: 'Every figure of this report can be traced to the raw data: the first command lists all of them by name, the second shows of one its observations, how each was made, of which fields, and the raw files with their SHA-256.',
      },
      { kind: 'code', text: `npm run trace -- ${run}\nnpm run trace -- ${run} "level 1/cpuPercent"` },
    ],
  };
}
