import type { ApplicationResult } from '../analyse/applications';
import type { Summary } from '../analyse/summary';
import type { Section } from './document';
import { number, quantity, scales } from './format';

/** What the run found, in plain sentences. */
export function summarySection(summary: Summary): Section {
  const items = [
    ...resourceSentences(summary),
    ...summary.applications.map(applicationSentence),
    ...summary.faults.map((fault) => `Incomplete: ${fault}.`),
  ];
  return {
    id: 'summary',
    title: 'Summary',
    blocks: [
      {
        kind: 'list',
        items: items.length > 0 ? items : ['This run has no measurements yet.'],
      },
      {
        kind: 'text',
        text: 'Every figure is the median of its repetitions (visits of a level, sessions of an application). [a, b] is its 95 % bootstrap interval and n the number of repetitions; with n below 3 there is no interval.',
      },
    ],
  };
}

function resourceSentences({ resources }: Summary): string[] {
  const measured = resources.levels.filter((level) => level.memoryUsedBytes !== null);
  const first = measured[0];
  const last = measured[measured.length - 1];
  if (first?.memoryUsedBytes == null || last?.memoryUsedBytes == null) return [];
  const gibibytes = (bytes: number): string => quantity(bytes / 2 ** 30, 'GiB');
  const sentences = [
    `With ${last.level} running guests the node used ${gibibytes(last.memoryUsedBytes.median)} of ${resources.memoryTotalBytes === null ? 'its' : `its ${gibibytes(resources.memoryTotalBytes)} of`} memory (${quantity(last.memoryPercent?.median, '%')}).`,
  ];
  if (last.level > first.level) {
    const each =
      (last.memoryUsedBytes.median - first.memoryUsedBytes.median) / (last.level - first.level) / 2 ** 20;
    sentences.push(
      `Each guest cost ${quantity(each, 'MiB')} of it on average, counted from ${gibibytes(first.memoryUsedBytes.median)} with ${first.level} guests.`,
    );
    sentences.push(
      `Its CPUs were busy for ${quantity(first.cpuPercent?.median, '%')} of the time with ${first.level} guests and for ${quantity(last.cpuPercent?.median, '%')} with ${last.level}${resources.cpus === null ? '' : ` (of ${resources.cpus} CPUs)`}.`,
    );
  }
  return sentences;
}

function applicationSentence(application: ApplicationResult): string {
  const { guest } = application;
  if (application.missingBecause !== null) return `${guest} is not installed: ${application.missingBecause}.`;
  if (application.sessions === 0) return `${guest}: no session was measured.`;
  const parts = [
    `a page took ${quantity(application.pageLoadSeconds?.median, 's')} to load`,
    `throughput was ${quantity(scaled(application.throughputBitsPerSecond?.median, scales.kilobits.factor), 'kbit/s')}`,
    application.lossPercent === null
      ? `loss is unknown (${application.lossUnknownBecause})`
      : `${number(application.packetsLost, 9)} of ${number(application.packetsFollowed, 9)} packets were lost`,
    `one-way delay was ${belowOr(application.oneWayDelayMs?.median, application)}`,
    `jitter ${belowOr(application.jitterMs?.median, application)}`,
  ];
  return `${guest}: ${parts.join(', ')} (${application.sessions} ${application.sessions === 1 ? 'session' : 'sessions'}).`;
}

function belowOr(value: number | undefined, { resolutionMs }: ApplicationResult): string {
  return value !== undefined && resolutionMs !== null && value < resolutionMs
    ? `below the resolution of ${quantity(resolutionMs, 'ms')}`
    : quantity(value, 'ms');
}

function scaled(value: number | undefined, factor: number): number | undefined {
  return value === undefined ? undefined : value / factor;
}
