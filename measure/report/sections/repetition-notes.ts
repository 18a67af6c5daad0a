import type { Distribution } from '../../analyse/statistics/statistics';
import type { Summary } from '../../analyse/summary';
import type { Block } from '../document/document';
import { number, repeated } from '../document/format';

/** With fewer repetitions, no interval made of them alone covers the median in 95 of 100 cases. */
export const fewestForNinetyFive = 6;

/**
 * Chance in % that n values lie on both sides of the median of what they are drawn from: 1 − 2^(1−n) (H. A. David and
 * H. N. Nagaraja, Order Statistics (2003), section 7.1). A bootstrap interval of the median lies within them and covers no more.
 */
export function greatestCoverage(n: number): number {
  return 100 * (1 - 2 ** (1 - n));
}

/** What figures of so many repetitions do not say. */
export function repetitionNotes({ resources, applications, load, benchmarks }: Summary): Block[] {
  const counts = [
    ...resources.levels.map(({ memoryUsedBytes }) => memoryUsedBytes),
    ...applications.map(({ pageLoadSeconds }) => pageLoadSeconds),
    ...load.map(({ keptUpPerSecond }) => keptUpPerSecond),
    ...benchmarks.map(({ figures }) => figures.cpuEvents ?? null),
  ].flatMap((of: Distribution | null) => (of === null ? [] : [of.n]));
  if (counts.length === 0) return [];
  const few = [...new Set(counts)].filter((n) => n >= 3 && n < fewestForNinetyFive).sort((a, b) => a - b);
  const without = [...new Set(counts)].filter((n) => n < 3).sort((a, b) => a - b);
  const notes = [
    ...(without.length === 0
      ? []
      : [
          `Figures with ${without.map(repeated).join(' or ')} have no interval: nothing tells a difference between two of them from chance.`,
        ]),
    ...(few.length === 0
      ? []
      : [
          `Of ${few.map(repeated).join(', ')} an interval cannot reach its 95 %: made of the repetitions alone it covers the true median in at most ${few.map((n) => number(greatestCoverage(n))).join(', ')} of 100 cases.`,
        ]),
    'Repetitions are visits, sessions, ladders and trials within one deployment of the lab on one machine: intervals tell how well this run repeats itself, not what another deployment, day or machine would give.',
    ...(counts.some((n) => n >= 3)
      ? [
          'There are many intervals here, and they are not widened for their number: of each twenty, about one misses its true value by chance.',
        ]
      : []),
  ];
  return [{ kind: without.length > 0 ? 'notice' : 'text', text: notes.join(' ') }];
}
