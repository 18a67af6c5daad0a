import Table from 'cli-table3';
import pc from 'picocolors';
import type { MetricComparison, RunComparison } from '../../analyse/compare/compare-runs';
import { number } from '../document/format';
import {
  comparisonPreamble,
  comparisonReading,
  comparisonSentence,
  difference,
  probability,
  ratio,
  sideMedian,
} from '../sections/comparison';

/** Table, and a sentence on each metric with those that differ first. `colour` false (NO_COLOR, a pipe) gives plain text. */
export function renderComparison(comparison: RunComparison, colour: boolean = pc.isColorSupported): string {
  const paint = pc.createColors(colour);
  const table = new Table({
    head: ['Of', 'Metric', ...comparison.sides, 'Difference', 'Ratio', 'Delta', 'p', 'Verdict'],
    // A line between all rows would double the length of a long table.
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
    style: colour ? { head: ['bold'] } : { head: [], border: [] },
  });
  let group: string | undefined;
  for (const metric of comparison.metrics) {
    table.push([
      metric.group === group ? '' : paint.bold(metric.group),
      metric.name,
      sideMedian(metric, 'a'),
      sideMedian(metric, 'b'),
      difference(metric),
      ratio(metric),
      metric.effect === null ? '–' : number(metric.effect.cliffsDelta),
      probability(metric),
      metric.verdict === 'differ' ? paint.bold(metric.verdict) : metric.verdict,
    ]);
    group = metric.group;
  }
  const preamble = comparisonPreamble(comparison).map((line) =>
    line.startsWith('NOT COMPARABLE') ? paint.yellow(line) : line,
  );
  const found = comparison.metrics.filter(({ verdict }) => verdict === 'differ' || verdict === 'undecided');
  const sentence = (metric: MetricComparison) => comparisonSentence(metric, comparison.sides);
  return [
    ...preamble,
    '',
    table.toString(),
    '',
    ...found.map(sentence),
    ...comparison.metrics.filter((metric) => !found.includes(metric)).map(sentence),
    '',
    comparisonReading(comparison),
  ].join('\n');
}
