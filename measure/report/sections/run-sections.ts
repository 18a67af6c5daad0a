import { delayPlaces } from '../../analyse/sessions/delay-places';
import type { Summary } from '../../analyse/summary';
import { describeShape, isShaped, linkShape } from '../../run/link-shape';
import type { Section, Table } from '../document/document';
import { number, plural, quantity, when } from '../document/format';
import { topologyBlock } from './topology';

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
      topologyBlock(plan),
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
  if (!isShaped(shape)) return 'The clients’ links are not shaped.';
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
  containersNotLimited: 'not limited in containers on this node',
  labSha256: 'SHA-256 of the lab',
  project: 'this project',
  projectCommit: 'its commit',
  provider: 'Terraform provider',
  templateKey: 'template of the guests, key',
  moodle: 'Moodle in it',
  collectedWithNode: 'collected with Node.js',
  clockOffsetSeconds: 'node’s clock less the collector’s',
  clockOffsetUncertaintySeconds: 'error of that, at most (half a round trip)',
  capture: 'captures made by',
  othersCpuPercentBefore: 'other work before the first sample, of all CPUs',
  waitedForQuietSeconds: 'waited for it to end',
};

function factValue(name: string, value: string | number | null): string {
  if (value === null) return 'not known';
  if (typeof value === 'string') return value;
  if (name.includes('Percent')) return quantity(value, '%');
  if (name === 'waitedForQuietSeconds') return quantity(value, 's');
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
export function orderTable({ plan, resources, sessions, ladders, trials }: Summary): Table {
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
      ...(plan.scenarios.includes('benchmarks')
        ? [
            row(
              'trials of benchmarks',
              plan.trialOrder ?? [],
              inTime(trials).map(({ guest }) => guest),
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

export function dataSection({ run, plan }: Summary): Section {
  const present = plan.lab.guests.find(({ name }) =>
    plan.missingApplications.every(({ guest }) => guest !== name),
  );
  const figures = [
    ...(plan.scenarios.includes('resources') ? ['level 1/cpuPercent'] : []),
    ...(plan.scenarios.includes('qos') && present ? [`${present.name}/pageLoadSeconds`] : []),
    ...(plan.scenarios.includes('load') && present ? [`load on ${present.name}/keptUpPerSecond`] : []),
    ...(plan.scenarios.includes('benchmarks')
      ? plan.lab.guests.slice(0, 1).map(({ name }) => `benchmarks of ${name}/cpuEventsRatio`)
      : []),
  ];
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
        text: 'Every figure of this report can be traced to the raw data: the first command lists all of them by name, those below it show of one its observations, how each was made, of which fields, and the raw files with their SHA-256.',
      },
      {
        kind: 'code',
        text: [
          `npm run trace -- ${run}`,
          ...figures.map((figure) => `npm run trace -- ${run} "${figure}"`),
        ].join('\n'),
      },
    ],
  };
}
