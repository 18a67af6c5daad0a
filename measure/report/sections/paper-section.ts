import type { Summary } from '../../analyse/summary';
import { paper, paperApplication, paperInconsistencies, paperLevel } from '../../study-2019/paper';
import { type Block, type Cell, figure, type Section, type Table } from '../document/document';
import {
  delayOf,
  distribution,
  fixed,
  labelled,
  missing,
  number,
  plural,
  quantity,
  repeated,
  scales,
} from '../document/format';
import { levelFigure } from './level-figure';

/** The 2019 study's figures beside this run's, what contradicts itself in them, and why the two differ. */
export function paperSection(summary: Summary): Section {
  const blocks: Block[] = [];
  if (summary.resources.levels.length > 0) blocks.push(resourcesTable(summary));
  blocks.push(captureTable(summary), qualityTable(summary));
  blocks.push(
    { kind: 'text', text: 'What contradicts itself in the paper:' },
    { kind: 'list', items: paperInconsistencies },
    { kind: 'text', text: 'Why the figures differ:' },
    { kind: 'list', items: reasons(summary) },
  );
  return { id: 'paper', title: `Beside the paper`, blocks };
}

function resourcesTable({ resources, label }: Summary): Table {
  return {
    kind: 'table',
    title: labelled('The node’s resources', label),
    head: [
      'Running guests',
      'Source',
      'Memory used',
      'of the node’s',
      'CPU, of all',
      'Load, 1, 5, 15 min',
      'Root disk',
    ],
    rows: resources.levels.flatMap((level) => {
      const row = paperLevel(level.level);
      const n = level.visits;
      const loads = level.loadAverage.map((of) => distribution(of, scales.plain, n)).join(', ');
      const run = [
        String(level.level),
        `this run (${repeated(n)})${level.disturbedVisits > 0 ? ', disturbed' : ''}`,
        levelFigure(level, 'memoryUsedBytes', scales.gibibytes),
        levelFigure(level, 'memoryPercent', scales.percent),
        levelFigure(level, 'cpuPercent', scales.percent),
        `${loads}${level.loadTransient.some(Boolean) ? ' (transient)' : ''}`,
        levelFigure(level, 'rootUsedBytes', scales.gibibytes),
      ];
      if (row === undefined) return [run];
      const memory =
        row.memoryMiB < 1024 ? fixed(row.memoryMiB, 2, 'MiB') : fixed(row.memoryMiB / 1024, 2, 'GiB');
      return [
        [
          String(level.level),
          'paper',
          memory,
          fixed(row.memoryPercent, 2, '%'),
          fixed(row.cpuPercent, 2, '%'),
          row.loadAverage.map((load) => fixed(load, 2)).join(', '),
          fixed(row.rootDiskGiB, 2, 'GiB'),
        ],
        run,
      ];
    }),
  };
}

/** Wireshark's own table of a capture, as the paper prints it: all frames, and in brackets those of the session where they differ. */
function captureTable({ applications, label }: Summary): Table {
  const pair = (all: string, session: string): string => (all === session ? all : `${all} (${session})`);
  const columns = paper.qualityOfService.map((row) => {
    const ours = applications.find(({ guest }) => guest === row.guest);
    const table = ours?.paperTable ?? null;
    const absent = ours?.missingBecause ? 'not installed' : missing;
    const rate = (value: number, seconds: number | null | undefined): number | null =>
      seconds ? value / seconds : null;
    const both = (
      all: number | null | undefined,
      session: number | null | undefined,
      unit: string,
      digits = 3,
    ) => (table === null ? absent : pair(quantity(all, unit, digits), quantity(session, unit, digits)));
    return {
      guest: row.guest,
      paper: [
        pair(number(row.captured.packets, 9), number(row.displayed.packets, 9)),
        pair(fixed(row.captured.seconds, 3, 's'), fixed(row.displayed.seconds, 3, 's')),
        pair(fixed(row.captured.packetsPerSecond, 1), fixed(row.displayed.packetsPerSecond, 1)),
        pair(quantity(row.captured.averagePacketBytes, 'B'), quantity(row.displayed.averagePacketBytes, 'B')),
        pair(quantity(row.captured.bytes, 'B', 9), quantity(row.displayed.bytes, 'B', 9)),
        pair(
          quantity(row.captured.bytesPerSecond, 'B/s', 5),
          quantity(row.displayed.bytesPerSecond, 'B/s', 5),
        ),
        quantity(row.throughputBitsPerSecond, 'bit/s', 6),
      ],
      run: [
        both(table?.capturedPackets, table?.displayedPackets, '', 9),
        both(table?.capturedSeconds, table?.displayedSeconds, 's'),
        both(
          table && rate(table.capturedPackets, table.capturedSeconds),
          table && rate(table.displayedPackets, table.displayedSeconds),
          '',
        ),
        both(
          table && rate(table.capturedBytes, table.capturedPackets),
          table && rate(table.displayedBytes, table.displayedPackets),
          'B',
        ),
        both(table?.capturedBytes, table?.displayedBytes, 'B', 9),
        both(
          table && rate(table.capturedBytes, table.capturedSeconds),
          table && rate(table.displayedBytes, table.displayedSeconds),
          'B/s',
          5,
        ),
        table ? quantity(rate(table.displayedBytes * 8, table.displayedSeconds), 'bit/s', 5) : absent,
      ],
    };
  });
  const names = [
    'Packets',
    'Time span',
    'Packets/s',
    'Average packet',
    'Bytes',
    'Average bytes/s',
    'Throughput',
  ];
  return {
    kind: 'table',
    title: labelled(
      'First session of each application: captured, in brackets of the session where that is less',
      label,
    ),
    head: ['', ...columns.flatMap(({ guest }) => [`${guest}, paper`, `${guest}, this run`])],
    rows: names.map((name, index) => [
      name,
      ...columns.flatMap((column) => [column.paper[index] ?? missing, column.run[index] ?? missing]),
    ]),
  };
}

function qualityTable({ applications, label }: Summary): Table {
  return {
    kind: 'table',
    title: labelled('Quality of service', label),
    head: ['Application', 'Source', 'Throughput', 'Loss', 'Delay', 'Jitter', 'TIPHON: delay, jitter, loss'],
    rows: applications.flatMap((application) => {
      const row = paperApplication(application.guest);
      const n = application.sessions;
      const of = (key: string, text: string): Cell => figure(`${application.guest}/${key}`, text);
      const ours =
        application.missingBecause === null
          ? [
              of(
                'throughputBitsPerSecond',
                distribution(application.throughputBitsPerSecond, scales.kilobits, n),
              ),
              application.lossPercent === null
                ? 'unknown'
                : of('lossPercent', distribution(application.lossPercent, scales.percent, n)),
              of('oneWayDelayMs', delayOf(application, 'oneWayDelayMs', n)),
              of('jitterMs', delayOf(application, 'jitterMs', n)),
              application.verdicts
                .filter(({ standard, quantity }) => standard === 'TIPHON' && quantity !== 'throughput')
                .map(({ verdict }) => verdict)
                .join(', '),
            ]
          : Array.from({ length: 5 }, () => 'not installed');
      return [
        ...(row
          ? [
              [
                application.guest,
                'paper, as stated',
                quantity(row.throughputBitsPerSecond / 1000, 'kbit/s'),
                '0 %',
                '~0 (no resolution given)',
                '~0 (no resolution given)',
                'very good',
              ],
            ]
          : []),
        [
          application.guest,
          application.missingBecause === null ? `this run (${repeated(n)})` : 'this run',
          ...ours,
        ],
      ];
    }),
  };
}

function translationCache({ environment }: Summary): string {
  const mebibytes = /tb-size=(\d+)/.exec(String(environment.facts.accelerator ?? ''))?.[1];
  return mebibytes === undefined ? '' : ` of up to ${mebibytes} MiB`;
}

function reasons(summary: Summary): string[] {
  const { label, environment, plan, resources, applications } = summary;
  const memory = plan.lab.guests
    .map(({ name, memoryMiB }) => `${name} ${number(memoryMiB, 6)} MiB`)
    .join(', ');
  const { qos, resources: visited } = plan.plan;
  const emulated = `every instruction is translated by QEMU, which costs the node CPU and slows pages and starts down, by how much was not measured here: these cannot be compared with the paper’s. Memory and the network’s counts can, with care: each guest’s process also holds QEMU’s translation cache${translationCache(summary)}.`;
  return [
    ...(label === 'emulated (TCG)' ? [`The guests were ${label}: ${emulated}`] : []),
    ...containers(plan.lab.guests),
    ...(label === 'simulated'
      ? ['The guests were simulated: their figures say nothing about real ones.']
      : []),
    ...(label === 'acceleration unknown'
      ? [
          'Whether the guests were virtualised by hardware is not recorded; CPU and times may be those of emulation.',
        ]
      : []),
    environment.target === 'local'
      ? 'The node is the embedded local node and not a Proxmox VE installation on hardware of its own: its CPU, memory, load and root disk are those of the whole machine, with all else that runs there, and none of Proxmox VE’s own services are in them.'
      : 'Proxmox VE, its kernel and QEMU are years newer than the paper’s 5.3.',
    ...(resources.visits.some(({ disturbed }) => disturbed)
      ? ['Other programs used the node’s CPUs during some visits; these are marked as disturbed.']
      : []),
    ...(resources.cpus === null
      ? []
      : [
          `The node has ${plural(resources.cpus, 'CPU')} and ${quantity(gibibytes(resources.memoryTotalBytes), 'GiB')} of memory; the paper’s had 4 and 9.56 GiB. The guests here have: ${memory}; the paper does not give its guests’ sizes.`,
        ]),
    'Operating systems and applications are years newer, and freshly installed with almost no content.',
    ...(qos !== undefined && applications.some(({ sessions }) => sessions > 0)
      ? [
          `A session here is ${plural(qos.clients, plan.reader === 'browser' ? 'browser' : 'scripted client')} reading ${plural(qos.pages, 'page')} each with pauses of ${number(qos.thinkSeconds[0])} to ${quantity(qos.thinkSeconds[1], 's')}, in network namespaces on the node, joined by virtual links; the paper’s was one person with a browser on Wi-Fi. Throughput, an offered load, follows from that and from the applications’ pages; it ranks neither network nor application.`,
          'Loss, delay and jitter are those of virtual links inside one machine. The paper’s packets crossed a radio link, and a capture at one end can tell neither loss nor one-way delay.',
        ]
      : []),
    ...(visited === undefined || resources.visits.length === 0
      ? []
      : [
          `The paper read one value per level, by the look of them before the boot had died away; here a level is sampled ${number(visited.samples, 9)} times a visit, in ${plural(visited.blocks, 'visit')}, the order is random, and what had not settled is marked.`,
        ]),
  ];
}

function gibibytes(bytes: number | null): number | null {
  return bytes === null ? null : bytes / 2 ** 30;
}

function containers(guests: Summary['plan']['lab']['guests']): readonly string[] {
  const names = guests.filter(({ kind }) => kind === 'container').map(({ name }) => name);
  if (names.length === 0) return [];
  const which = names.length === guests.length ? 'The guests' : `Of the guests ${names.join(', ')}`;
  return [
    `${which} were containers (LXC), and the paper’s were virtual machines (KVM): they have no kernel and no boot of their own, and pages of files that they share with the node are counted once or not at all. A difference from the paper is one of kinds as well.`,
  ];
}
