import type { Agreement } from '../../analyse/resources/agreement';
import type { LevelResult } from '../../analyse/resources/resources';
import type { Summary } from '../../analyse/summary';
import { type Cell, figure, type Table } from '../document/document';
import { distribution, labelled, missing, number, quantity, repeated, scales } from '../document/format';

/** Times of starting, stopping and destroying. */
export function powerTable({ resources, destroyed, label }: Summary): Table {
  return {
    kind: 'table',
    title: labelled('Starting, stopping and destroying', label),
    head: ['Guest', 'Action', 'Until the API’s task ended', 'Until the application answered'],
    rows: resources.power
      .map((row): Cell[] => [
        row.guest,
        row.action,
        figure(`${row.action} of ${row.guest}/taskSeconds`, distribution(row.taskSeconds, scales.seconds)),
        row.action === 'start'
          ? figure(`start of ${row.guest}/readySeconds`, distribution(row.readySeconds, scales.seconds))
          : '—',
      ])
      .concat(
        destroyed.map(({ guest, seconds }) => [
          guest,
          'destroy',
          seconds === null ? missing : `${destroyTime(seconds)}, ${repeated(1)}`,
          '—',
        ]),
      ),
  };
}

/** The node's task log knows whole seconds. */
function destroyTime(seconds: number): string {
  return seconds < 1 ? `below resolution (${quantity(1, 's')})` : quantity(seconds, 's');
}

/** How far the sampler and the API agree, and what the sampler costs. */
export function agreementTable({ resources, label }: Summary): Table {
  const scaleOf = (unit: Agreement['unit']) =>
    unit === 'B' ? scales.mebibytes : unit === '%' ? { unit: 'points', factor: 1 } : scales.plain;
  return {
    kind: 'table',
    title: labelled('Sources compared: the sampler over SSH less the API, and a terminal', label),
    head: ['Quantity', 'Difference', 'Smallest … largest', 'Tolerance, and why', 'Verdict'],
    rows: [
      ...resources.agreement.map((row) => {
        const scale = scaleOf(row.unit);
        const of = row.difference;
        return [
          row.quantity,
          figure(`agreement, ${row.quantity}/difference`, distribution(of, scale)),
          of === null
            ? missing
            : `${number(of.min / scale.factor)} … ${quantity(of.max / scale.factor, scale.unit)}`,
          row.tolerance === null
            ? row.reason
            : `${quantity(row.tolerance / scale.factor, scale.unit)}: ${row.reason}`,
          row.verdict,
        ];
      }),
      [
        'the sampler’s own cost',
        distribution(costOf(resources.levels), { unit: '% of one CPU', factor: 1 }),
        '—',
        '—',
        '—',
      ],
    ],
  };
}

/** The level in which the sampler cost most. */
function costOf(levels: readonly LevelResult[]): LevelResult['samplerCpuPercent'] {
  return levels
    .map((level) => level.samplerCpuPercent)
    .reduce(
      (worst, one) => (one !== null && (worst === null || one.median > worst.median) ? one : worst),
      null,
    );
}
