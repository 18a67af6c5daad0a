import { fewestForInterval, fixedRank, wantedPercent } from '../../analyse/statistics/median-interval';
import type { Distribution } from '../../analyse/statistics/statistics';
import type { Summary } from '../../analyse/summary';
import type { Block } from '../document/document';
import { coverage, repeated } from '../document/format';

/** Every n of the main figures: those without an interval, and those with one that is less sure than wanted. */
export function repetitionCounts({ resources, applications, load, benchmarks }: Summary) {
  const counts = [
    ...resources.levels.map(({ memoryUsedBytes }) => memoryUsedBytes),
    ...applications.map(({ pageLoadSeconds }) => pageLoadSeconds),
    ...load.map(({ keptUpPerSecond }) => keptUpPerSecond),
    ...benchmarks.map(({ figures }) => figures.cpuEvents ?? null),
  ].flatMap((of: Distribution | null) => (of === null ? [] : [of.n]));
  const each = [...new Set(counts)].sort((a, b) => a - b);
  return {
    counts,
    without: each.filter((n) => n < fewestForInterval),
    few: each.filter((n) => n >= fewestForInterval && fixedRank(n).coveragePercent < wantedPercent),
  };
}

/** What figures of so many repetitions do not say. */
export function repetitionNotes(summary: Summary): Block[] {
  const { counts, without, few } = repetitionCounts(summary);
  if (counts.length === 0) return [];
  const notes = [
    ...(without.length === 0
      ? []
      : [
          `Figures with ${without.map(repeated).join(' or ')} have no interval: nothing tells a difference between two of them from chance.`,
        ]),
    ...(few.length === 0
      ? []
      : [
          `With ${few.map(repeated).join(', ')} no interval made of the repetitions alone is as sure as ${wantedPercent} %: from the smallest value to the largest it covers the true median in ${few.map((n) => coverage(fixedRank(n))).join(', ')} of cases.`,
        ]),
    'Repetitions are visits, sessions, ladders and trials within one deployment of the lab on one machine: intervals tell how well this run repeats itself, not what another deployment, day or machine would give.',
    ...(counts.some((n) => n >= fewestForInterval)
      ? [
          'There are many intervals here, and they are not widened for their number: each misses its true value by chance as often as its coverage leaves open.',
        ]
      : []),
  ];
  return [{ kind: without.length > 0 ? 'notice' : 'text', text: notes.join(' ') }];
}
