import { resolutionOf } from '../../analyse/figures/resolution';
import type { Sample } from '../../analyse/figures/sample';
import { visitFigures } from '../../analyse/figures/visit-figures';
import type { LevelResult } from '../../analyse/resources/resources';
import type { Summary } from '../../analyse/summary';
import { resourceCharts } from '../charts/resource-charts';
import { type Block, type Cell, figure, type Section, type Table } from '../document/document';
import { distribution, labelled, missing, plural, quantity, resolved, scales } from '../document/format';
import { agreementTable, powerTable } from './agreement-and-power';
import { levelDistributions } from './distribution-tables';
import { disturbance } from './disturbance';
import { energyBlocks } from './energy-blocks';
import { incrementBlocks } from './increments-table';
import { levelFigure } from './level-figure';
import { terminalBlocks } from './terminal-table';

/** Scenario 1: what the node spends with 0, 1, 2 ... running guests. */
export function resourcesSection(summary: Summary, samples: readonly Sample[]): Section {
  const { resources } = summary;
  const blocks: Block[] = [];
  if (resources.visits.length === 0) {
    blocks.push({ kind: 'notice', text: 'Scenario 1 was not measured in this run.' });
  } else {
    blocks.push(
      {
        kind: 'text',
        text: `The node: ${resources.cpus === null ? missing : plural(resources.cpus, 'CPU')}, ${quantity(gibibytes(resources.memoryTotalBytes), 'GiB')} of memory, root disk ${quantity(gibibytes(resources.rootTotalBytes), 'GiB')}. The paper’s: 4 CPUs, 9.56 GiB, 93.99 GiB. ${whoseNode(summary)} Levels were visited in a random order drawn from the seed. Settled means: ${resources.settleRule ?? missing}. The samples of the settling are kept in the raw data and are in no figure. A visit that had not settled in time is marked as such and stays in the figures.`,
      },
      {
        kind: 'text',
        detail: true,
        text: 'In the charts: large dot = median (hollow: a visit of this level was disturbed by other programs), broad line = interval of the median (how often it covers is in the tables), small dots = single visits; green squares = what of it the guests’ own processes use; triangles, dashed = the paper’s single readings. The values behind the charts over time are in samples.csv.',
      },
      { kind: 'charts', charts: resourceCharts(summary, samples) },
      ...disturbance(resources),
      levelTable(summary),
      ...incrementBlocks(summary),
      loadTable(summary),
      ...transientLoad(resources.levels),
      ...levelDistributions(summary),
      pressureTable(summary),
      ...energyBlocks(summary),
      guestTable(summary),
      powerTable(summary),
      agreementTable(summary),
      ...terminalBlocks(summary),
      visitTable(summary),
    );
  }
  return { id: 'resources', title: 'Scenario 1: what the node spends', blocks };
}

function whoseNode({ environment }: Summary): string {
  return environment.target === 'local'
    ? 'The local node shares its machine: “the node” in CPU, memory, load and root disk is the whole machine, with all that runs on it.'
    : 'The node’s own services are in its CPU, memory and load.';
}

const gibibytes = (bytes: number | null): number | null => (bytes === null ? null : bytes / 2 ** 30);

function levelName({ level, visits, transientVisits, disturbedVisits }: LevelResult): string {
  const remarks = [
    ...(transientVisits > 0 ? [`${transientVisits} of ${visits} not settled`] : []),
    ...(disturbedVisits > 0 ? [`${disturbedVisits} of ${visits} disturbed`] : []),
  ];
  return `${level}${remarks.length > 0 ? ` (${remarks.join(', ')})` : ''}`;
}

function levelTable({ resources, label }: Summary): Table {
  return {
    kind: 'table',
    title: labelled('Levels: CPU and memory', label),
    head: [
      'Running guests',
      'n',
      'CPU, of all',
      'its guests',
      'others',
      'Memory used',
      'of the node’s',
      'its guests',
      'others',
    ],
    rows: resources.levels.map((level) => {
      const cpu = (key: 'cpuPercent' | 'guestsCpuPercent' | 'othersCpuPercent'): Cell => {
        const step = resolutionOf(visitFigures, key, { tick: resources.cpuStepPercent });
        return figure(
          `level ${level.level}/${key}`,
          resolved(level[key], scales.percent, step, level.visits),
        );
      };
      return [
        levelName(level),
        String(level.visits),
        cpu('cpuPercent'),
        level.level === 0 ? '—' : cpu('guestsCpuPercent'),
        cpu('othersCpuPercent'),
        levelFigure(level, 'memoryUsedBytes', scales.gibibytes),
        levelFigure(level, 'memoryPercent', scales.percent),
        level.level === 0 ? '—' : levelFigure(level, 'guestsResidentBytes', scales.gibibytes),
        levelFigure(level, 'othersMemoryBytes', scales.gibibytes),
      ];
    }),
  };
}

function loadTable({ resources, label }: Summary): Table {
  const load = (level: LevelResult, index: 0 | 1 | 2): Cell => {
    const text = distribution(level.loadAverage[index], scales.plain, level.visits);
    const transient = level.loadTransient[index] && text !== missing;
    return figure(`level ${level.level}/loadAverage/${index}`, transient ? `${text} (transient)` : text);
  };
  return {
    kind: 'table',
    title: labelled('Levels: load average, tasks, and root disk', label),
    head: [
      'Running guests',
      'n',
      'Load, 1 min',
      'Load, 5 min',
      'Load, 15 min',
      'Root disk used',
      'of its size',
    ],
    rows: resources.levels.map((level) => [
      String(level.level),
      String(level.visits),
      load(level, 0),
      load(level, 1),
      load(level, 2),
      levelFigure(level, 'rootUsedBytes', scales.gibibytes),
      levelFigure(level, 'rootPercent', scales.percent),
    ]),
  };
}

function transientLoad(levels: readonly LevelResult[]): Block[] {
  if (!levels.some((level) => level.loadTransient.some(Boolean))) return [];
  return [
    {
      kind: 'notice',
      text: 'Load averages marked “transient” were read before five of their time constants (5, 25, 75 min) had passed since the last change: they still hold what was before, starting and stopping of guests included, and do not stand for the level. The paper’s load averages, of which those over 1, 5 and 15 min differ, look as if they had been read like this too.',
    },
  ];
}

function pressureTable({ resources, label }: Summary): Table {
  return {
    kind: 'table',
    title: labelled('Levels: time in which some task waited (PSI), and memory shared by KSM', label),
    head: ['Running guests', 'n', 'for a CPU', 'for memory', 'for I/O', 'Shared by KSM'],
    rows: resources.levels.map((level) => {
      const share = (of: keyof LevelResult['pressurePercent']): Cell => {
        const value = level.pressurePercent[of];
        return value === null
          ? 'not told by this kernel'
          : figure(
              `level ${level.level}/pressurePercent/${of}`,
              distribution(value, scales.percent, level.visits),
            );
      };
      return [
        String(level.level),
        String(level.visits),
        share('cpu'),
        share('memory'),
        share('io'),
        level.ksmSharedBytes === null
          ? 'no KSM in this kernel'
          : figure(
              `level ${level.level}/ksmSharedBytes`,
              distribution(level.ksmSharedBytes, scales.mebibytes, level.visits),
            ),
      ];
    }),
  };
}

function guestTable({ resources, label }: Summary): Table {
  return {
    kind: 'table',
    title: labelled('Guests, by level: their processes on the node', label),
    head: ['Running guests', 'Guest', 'CPU, of one CPU', 'Resident memory'],
    rows: resources.levels.flatMap((level) =>
      level.guests.map((guest) => [
        String(level.level),
        guest.guest,
        figure(
          `level ${level.level}/guests/${guest.guest}/cpuPercent`,
          distribution(guest.cpuPercent, scales.percent),
        ),
        figure(
          `level ${level.level}/guests/${guest.guest}/residentBytes`,
          distribution(guest.residentBytes, scales.mebibytes),
        ),
      ]),
    ),
    detail: true,
  };
}

function visitTable({ resources, label }: Summary): Table {
  return {
    kind: 'table',
    title: labelled('Visits in the order made', label),
    head: [
      'raw/resources/',
      'Block',
      'Guests',
      'Changes',
      'Settled after',
      'Samples',
      'CPU',
      'Memory used',
      'Took',
      'Remarks',
    ],
    rows: resources.visits.map((visit) => [
      `${String(visit.visit).padStart(3, '0')}-level${visit.level}.json`,
      String(visit.block + 1),
      visit.runningGuests.join(', ') || 'none',
      visit.changes.map(({ guest, action }) => `${action} ${guest}`).join(', ') || 'none',
      visit.transient ? 'never' : quantity(visit.settledAfterSeconds, 's'),
      `${visit.settlingSamples} settling, ${visit.samples} in ${quantity(visit.seconds, 's')}`,
      quantity(visit.cpuPercent, '%'),
      quantity(gibibytes(visit.memoryUsedBytes), 'GiB'),
      quantity(visit.wholeSeconds, 's'),
      [visit.disturbed ? 'disturbed by others' : '', visit.fault ?? ''].filter(Boolean).join('; ') || '—',
    ]),
    detail: true,
  };
}
