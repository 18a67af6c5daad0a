import { benchmarks } from '../../analyse/benchmarks/benchmark';
import type { Summary } from '../../analyse/summary';
import type { Finding } from '../document/document';
import { scales } from '../document/format';
import { say } from '../language/messages';
import { rangeOf, repetitionsOf } from './ranges';

/** The first benchmark that has a ratio of guest to node. */
export function benchmarkFindings(summary: Summary): Finding[] {
  const words = say().findings;
  return (
    benchmarks
      // Of a time, more than 1 is worse.
      .filter(({ isRate, unit }) => isRate && unit !== 'ms')
      .flatMap(({ key, label }) => {
        const ratios = summary.benchmarks.flatMap(({ figures }) => figures[`${key}Ratio`] ?? []);
        const range = rangeOf(ratios, scales.plain);
        return range === null
          ? []
          : [{ name: words.names.benchmarks, text: words.benchmarks(label, range, repetitionsOf(ratios)) }];
      })
  );
}
