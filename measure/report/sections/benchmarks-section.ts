import { type Benchmark, benchmarks } from '../../analyse/benchmarks/benchmark';
import type { GuestBenchmarks } from '../../analyse/benchmarks/trials';
import { benchmarksGroup } from '../../analyse/compare/comparable-metrics';
import type { Unit } from '../../analyse/figures/figure';
import type { Summary } from '../../analyse/summary';
import { type Block, figure, type Section, type Table } from '../document/document';
import { distribution, labelled, plural, quantity, type Scale, scales } from '../document/format';

/** What guests' disk, memory, CPU and network can do beside the node itself. No section where the run has no benchmarks. */
export function benchmarksSections(summary: Summary): Section[] {
  const { plan, label } = summary;
  const settings = plan.plan.benchmarks;
  if (!plan.scenarios.includes('benchmarks') || settings === undefined) return [];
  const measured = summary.benchmarks.filter(({ trials }) => trials > 0);
  const { of, seconds, warmUpSeconds, diskMiB, arrayMiB } = settings;
  const places = [...new Set(summary.trials.flatMap(({ nodeFileSystem }) => nodeFileSystem ?? []))];
  const blocks: Block[] = [
    {
      kind: 'text',
      text: `Each benchmark runs for ${quantity(seconds, 's')} after a warm-up of ${quantity(warmUpSeconds, 's')}, in the guest and on the node itself in the same trial, the one first in every second trial. The ratio is taken within each trial: 1 means that virtualising costs nothing.${label === null ? '' : ` The guests are ${label}: the ratio is what that costs, and nothing of it says what hardware virtualisation would.`} Other guests run and idle meanwhile.`,
    },
    ...measured.map((guest) => guestTable(summary, guest)),
    ...formatTables(summary, measured),
    { kind: 'list', items: [...refusals(summary), ...steal(summary), ...versions(summary)] },
    {
      kind: 'text',
      text: [
        of.includes('disk')
          ? `Disk: fio with direct I/O on a file of ${quantity(diskMiB, 'MiB')} in /var/tmp of each; that of the node was on ${places.join(', ') || 'a file system that is not known'}, which need not be the storage of the guests’ disks.`
          : '',
        of.includes('memory')
          ? `Memory: the triad over three arrays of ${quantity(arrayMiB, 'MiB')} each; STREAM asks for arrays of four times the last cache, below which the cache is measured in part.`
          : '',
        of.includes('network')
          ? 'Network: one stream of iperf3 between the first client and the guest, or the node itself; client, node and guest share the node’s CPUs. UDP is sent as fast as it goes, which takes CPU time from whoever receives: what arrives is less than a paced sender would get through.'
          : '',
        'Where the versions of a tool differ between guest and node, so do the programs that are compared.',
      ]
        .filter((sentence) => sentence !== '')
        .join(' '),
    },
  ];
  return [{ id: 'benchmarks', title: 'Benchmarks: guests beside the node itself', blocks }];
}

const units: Readonly<Partial<Record<Unit, Scale>>> = {
  'B/s': { unit: 'MiB/s', factor: 2 ** 20 },
  'bit/s': scales.megabits,
  '1/s': { unit: '1/s', factor: 1 },
  ms: scales.milliseconds,
  '%': scales.percent,
};

function guestTable(
  { label, plan }: Summary,
  { guest, trials, figures, diskRefused }: GuestBenchmarks,
): Table {
  const { of } = plan.plan.benchmarks ?? { of: [] };
  const kinds = of.filter((kind) => kind !== 'disk' || diskRefused === null);
  const rows = benchmarks.filter((each) => kinds.some((kind) => isOf(each, kind)));
  return {
    kind: 'table',
    title: labelled(`Benchmarks of ${guest}`, label),
    head: ['Benchmark', 'Guest', 'Node itself', 'Guest by node'],
    rows: rows.map(({ key, label: name, unit, isRate }) => {
      const scale = units[unit] ?? { unit, factor: 1 };
      const cell = (of: string, by: Scale) =>
        figure(`${benchmarksGroup({ guest })}/${of}`, distribution(figures[of] ?? null, by, trials));
      const ratio = isRate ? cell(`${key}Ratio`, { unit: '', factor: 1 }) : '—';
      return [name, cell(key, scale), cell(`${key}Node`, scale), ratio];
    }),
  };
}

/** Disks of different formats side by side, guest by guest: the format is a factor. */
function formatTables({ label }: Summary, measured: readonly GuestBenchmarks[]): Table[] {
  const known = measured.filter(({ diskFormat, diskRefused }) => diskFormat !== null && diskRefused === null);
  if (new Set(known.map(({ diskFormat }) => diskFormat)).size < 2) return [];
  const rows = benchmarks.filter((each) => isOf(each, 'disk'));
  return [
    {
      kind: 'table',
      title: labelled('Disks by their format', label),
      head: ['Benchmark', ...known.map(({ guest, diskFormat }) => `${diskFormat} (${guest})`)],
      rows: rows.map(({ key, label: name, unit }) => {
        const scale = units[unit] ?? { unit, factor: 1 };
        return [
          name,
          ...known.map(({ figures, trials }) => distribution(figures[key] ?? null, scale, trials)),
        ];
      }),
    },
  ];
}

function isOf({ benchmark }: Benchmark, kind: 'cpu' | 'memory' | 'disk' | 'network'): boolean {
  return kind === 'network' ? /^(tcp|udp)/.test(benchmark) : benchmark.startsWith(kind);
}

function refusals({ benchmarks: guests }: Summary): string[] {
  return guests.flatMap(({ guest, trials, plannedTrials, diskRefused, diskCache, diskFormat }) => {
    if (trials === 0) return [`${guest}: none of ${plural(plannedTrials, 'trial')} was made.`];
    if (diskRefused !== null) return [`${guest}: its disk was not measured: ${diskRefused}.`];
    const known = [
      ...(diskFormat === null ? [] : [`is ${diskFormat}`]),
      ...(diskCache === null ? [] : [`has the cache mode ${diskCache} on the node`]),
    ];
    return known.length === 0 ? [] : [`${guest}: its disk ${known.join(' and ')}.`];
  });
}

function steal({ benchmarks: guests, environment }: Summary): string[] {
  if (environment.acceleration !== 'kvm') {
    return ['Steal time is not available: nothing counts it where guests are not virtualised by KVM.'];
  }
  return guests.map(
    ({ guest, figures, trials }) =>
      `${guest}: steal time ${distribution(figures.stealPercent ?? null, scales.percent, trials)} of its CPUs’ time.`,
  );
}

function versions({ environment: { guestTools = {}, facts } }: Summary): string[] {
  return Object.entries(guestTools).map(([guest, tools]) => {
    const shown = Object.entries(tools).map(
      ([tool, version]) => `${tool} ${version ?? 'not there'} (node: ${facts[tool] ?? 'not there'})`,
    );
    return `Packages in ${guest}: ${shown.join(', ')}.`;
  });
}
