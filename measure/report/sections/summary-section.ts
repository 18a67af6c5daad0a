import type { LevelResult, ResourcesResult } from '../../analyse/resources/resources';
import type { ApplicationResult } from '../../analyse/sessions/applications';
import type { Summary } from '../../analyse/summary';
import { paperApplication, paperLevel } from '../../study-2019/paper';
import { type Cell, figure, type Section, type Table } from '../document/document';
import {
  delayOf,
  distribution,
  labelled,
  missing,
  number,
  plural,
  quantity,
  repeated,
  scales,
} from '../document/format';
import { dependenceNotes } from './dependence-notes';
import { disturbance } from './disturbance';
import { levelFigure } from './level-figure';
import { loadFinding } from './load-section';
import { repetitionNotes } from './repetition-notes';

/** What the run found: a few plain sentences, and the main figures beside the paper's. */
export function summarySection(summary: Summary): Section {
  const { resources, applications, load, faults } = summary;
  const items = [
    ...resourceSentences(resources),
    ...applications
      .filter(({ missingBecause }) => missingBecause !== null)
      .map(({ guest, missingBecause }) => `${guest} is not installed: ${missingBecause}.`),
    ...applications
      .filter(({ missingBecause, sessions }) => missingBecause === null && sessions === 0)
      .map(({ guest }) => `${guest}: no session was measured.`),
    ...load.map((application) => `Load: ${application.guest} ${loadFinding(application)}.`),
    ...faults.map((fault) => `Incomplete: ${fault}.`),
  ];
  const levels = resources.levels.filter(({ visits }) => visits > 0);
  const measured = applications.filter(({ sessions }) => sessions > 0);
  const nothing = [levels, measured, summary.ladders].every(({ length }) => length === 0);
  return {
    id: 'summary',
    title: 'Summary',
    blocks: [
      ...(nothing ? [{ kind: 'text', text: 'This run has no measurements yet.' } as const] : []),
      ...(items.length > 0 ? [{ kind: 'list', items } as const] : []),
      ...disturbance(resources),
      ...(levels.length > 0 ? [levelTable(summary, levels)] : []),
      ...(measured.length > 0 ? [applicationTable(summary, measured)] : []),
      {
        kind: 'text',
        text: 'Every figure is the median of its n repetitions (visits of a level, sessions with an application, ladders of load), [a, b], c % the interval of the true median and how often it covers; its width decides the digits. Packets are counted over all sessions.',
      },
      ...repetitionNotes(summary),
      ...dependenceNotes(summary),
    ],
  };
}

const gibibytes = (bytes: number): string => quantity(bytes / 2 ** 30, 'GiB');

function resourceSentences({ levels, memoryTotalBytes, cpus }: ResourcesResult): string[] {
  const measured = levels.filter((level) => level.memoryUsedBytes !== null);
  const first = measured[0];
  const last = measured[measured.length - 1];
  if (first?.memoryUsedBytes == null || last?.memoryUsedBytes == null) return [];
  const running = (level: LevelResult): string => plural(level.level, 'running guest');
  const each = last.guests.map(({ residentBytes }) => residentBytes?.median).filter(isNumber);
  const mebibytes = (bytes: number): string => number(bytes / 2 ** 20);
  const held =
    each.length === 0
      ? ''
      : `; the guests’ own processes held ${gibibytes(sum(each))} (${mebibytes(Math.min(...each))} to ${mebibytes(Math.max(...each))} MiB each)`;
  const ofAll = memoryTotalBytes === null ? '' : ` of ${gibibytes(memoryTotalBytes)}`;
  const sentences = [
    `Memory: with ${running(last)} the node used ${gibibytes(last.memoryUsedBytes.median)}${ofAll} (${quantity(last.memoryPercent?.median, '%')}), with ${running(first)} ${gibibytes(first.memoryUsedBytes.median)}${held}.`,
  ];
  if (last.level > first.level) {
    const own =
      last.guestsCpuPercent === null
        ? ''
        : `, of which the guests’ own processes ${quantity(last.guestsCpuPercent.median, '%')}`;
    sentences.push(
      `CPU: busy for ${quantity(first.cpuPercent?.median, '%')} of the time with ${running(first)} and for ${quantity(last.cpuPercent?.median, '%')} with ${running(last)}${own}${cpus === null ? '' : ` (of ${plural(cpus, 'CPU')})`}.`,
    );
  }
  return sentences;
}

function levelTable({ label }: Summary, levels: readonly LevelResult[]): Table {
  return {
    kind: 'table',
    title: labelled('What the node spends', label),
    head: [
      'Running guests',
      'Memory used',
      'of it its guests',
      'paper',
      'CPU, of all',
      'of it its guests',
      'paper',
    ],
    rows: levels.map((level) => {
      const row = paperLevel(level.level);
      const remarks = [
        `${repeated(level.visits)}`,
        ...(level.disturbedVisits > 0 ? ['disturbed'] : []),
        ...(level.transientVisits > 0 ? ['not settled'] : []),
      ].join(', ');
      return [
        `${level.level} (${remarks})`,
        levelFigure(level, 'memoryUsedBytes', scales.gibibytes),
        level.level === 0 ? '—' : levelFigure(level, 'guestsResidentBytes', scales.gibibytes),
        row ? quantity(row.memoryMiB / 1024, 'GiB') : '—',
        levelFigure(level, 'cpuPercent', scales.percent),
        level.level === 0 ? '—' : levelFigure(level, 'guestsCpuPercent', scales.percent),
        row ? quantity(row.cpuPercent, '%') : '—',
      ];
    }),
  };
}

function applicationTable({ label }: Summary, applications: readonly ApplicationResult[]): Table {
  return {
    kind: 'table',
    title: labelled('What clients get (in brackets: the paper)', label),
    head: [
      'Application',
      'Page load',
      'Throughput (offered load)',
      'Packet loss',
      'Delay, one way',
      'Jitter',
    ],
    rows: applications.map((application) => {
      const { guest, sessions } = application;
      const row = paperApplication(guest);
      const beside = (own: string, theirs: string): string => (row ? `${own} (${theirs})` : own);
      const of = (key: string, text: string): Cell => figure(`${guest}/${key}`, text);
      const time = (key: 'oneWayDelayMs' | 'jitterMs'): Cell =>
        of(key, beside(delayOf(application, key, sessions), '~0'));
      return [
        `${guest} (${repeated(sessions)})`,
        of(
          'pageLoadSeconds',
          beside(distribution(application.pageLoadSeconds, scales.seconds, sessions), 'not given'),
        ),
        of(
          'throughputBitsPerSecond',
          beside(
            distribution(application.throughputBitsPerSecond, scales.kilobits, sessions),
            row ? quantity(row.throughputBitsPerSecond / 1000, 'kbit/s') : missing,
          ),
        ),
        of(
          'lossPercent',
          beside(
            application.lossPercent === null
              ? `unknown: ${application.lossUnknownBecause}`
              : `${quantity(application.lossPercent.median, '%')}: ${number(application.packetsLost, 9)} of ${number(application.packetsFollowed, 9)} packets`,
            '0\u00a0%',
          ),
        ),
        time('oneWayDelayMs'),
        time('jitterMs'),
      ];
    }),
  };
}

const isNumber = (value: number | null | undefined): value is number => typeof value === 'number';
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
