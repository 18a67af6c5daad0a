import type { Summary } from '../analyse/summary';
import { paper, paperApplication, paperInconsistencies, paperLevel } from '../paper';
import type { Block, Section, Table } from './document';
import { distribution, labelled, missing, number, quantity, scales } from './format';

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
      'Memory, paper',
      'Memory, this run',
      'CPU, paper',
      'CPU, this run',
      'Load (1, 5, 15 min), paper',
      'Load, 1 min, this run',
    ],
    rows: resources.levels.map((level) => {
      const row = paperLevel(level.level);
      return [
        String(level.level),
        row ? `${number(row.memoryMiB / 1024)} GiB (${number(row.memoryPercent)} %)` : 'no such level',
        distribution(level.memoryUsedBytes, scales.gibibytes),
        row ? quantity(row.cpuPercent, '%') : 'no such level',
        distribution(level.cpuPercent, scales.percent),
        row ? row.loadAverage.join(', ') : 'no such level',
        `${distribution(level.loadAverage[0], scales.plain)}${level.loadTransient[0] ? ' (transient)' : ''}`,
      ];
    }),
  };
}

/** Wireshark's own table of a capture, as the paper prints it: all frames, and in brackets those of the session. */
function captureTable({ applications, label }: Summary): Table {
  const pair = (all: string, session: string): string => `${all} (${session})`;
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
        pair(quantity(row.captured.seconds, 's', 6), quantity(row.displayed.seconds, 's', 6)),
        pair(number(row.captured.packetsPerSecond), number(row.displayed.packetsPerSecond)),
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
    title: labelled('Captured (and of the session), first session of each application', label),
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
    head: ['Application', 'Source', 'Throughput', 'Loss', 'Delay', 'Jitter', 'TIPHON (delay, jitter, loss)'],
    rows: applications.flatMap((application) => {
      const row = paperApplication(application.guest);
      const ours =
        application.missingBecause === null
          ? [
              distribution(application.throughputBitsPerSecond, scales.kilobits),
              application.lossPercent === null
                ? 'unknown'
                : distribution(application.lossPercent, scales.percent),
              distribution(application.oneWayDelayMs, scales.milliseconds),
              distribution(application.jitterMs, scales.milliseconds),
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
                '~0 ms (no resolution given)',
                '~0 ms (no resolution given)',
                'very good',
              ],
            ]
          : []),
        [application.guest, 'this run', ...ours],
      ];
    }),
  };
}

function reasons({ label, environment, plan, resources }: Summary): string[] {
  const memory = plan.lab.guests
    .map(({ name, memoryMiB }) => `${name} ${number(memoryMiB, 6)} MiB`)
    .join(', ');
  return [
    ...(label === null
      ? []
      : [
          `The guests were ${label === 'simulated' ? 'simulated' : label}: ${label === 'emulated (TCG)' ? 'every instruction is translated by QEMU, which costs the node several times the CPU of hardware virtualisation and slows pages down. CPU, page times and start times cannot be compared with the paper’s; memory and the network’s counts can, with care' : 'figures of guests say nothing about real ones'}.`,
        ]),
    environment.target === 'local'
      ? 'The node is the embedded local node on a shared machine and not a Proxmox VE installation on its own hardware: what else runs on the machine is in its CPU, load and memory, and none of Proxmox VE’s own services are.'
      : 'Proxmox VE, its kernel and QEMU are years newer than the paper’s 5.3.',
    `The node has ${quantity(resources.cpus, 'CPUs')} and ${quantity(gibibytes(resources.memoryTotalBytes), 'GiB')}; the paper’s had 4 and 9.56 GiB. The guests here have: ${memory}; the paper does not give its guests’ sizes.`,
    'Operating systems and applications are years newer, and freshly installed with almost no content.',
    'The client is a scripted reader in a network namespace on the node, joined by virtual links. The paper’s was a person with a browser on Wi-Fi.',
    'The paper read one value per level right after the guest had started; here levels are repeated in random order, and what had not settled is marked.',
  ];
}

function gibibytes(bytes: number | null): number | null {
  return bytes === null ? null : bytes / 2 ** 30;
}
