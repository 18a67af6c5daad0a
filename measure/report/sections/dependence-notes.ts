import { comparableMetrics } from '../../analyse/compare/comparable-metrics';
import { fewestForDependence } from '../../analyse/statistics/dependence';
import type { Summary } from '../../analyse/summary';
import type { Block } from '../document/document';
import { number, plural, repeated } from '../document/format';

/** Figures with repetitions enough to ask whether they lean on the ones before. */
export function testedForDependence(summary: Summary) {
  return comparableMetrics(summary).flatMap(({ group, name, values }) =>
    values?.dependence ? [{ group, name, n: values.n, ...values.dependence }] : [],
  );
}

/** Figures whose repetitions lean on the ones before, so that their intervals are too narrow. */
export function dependenceNotes(summary: Summary): Block[] {
  const tested = testedForDependence(summary);
  if (tested.length === 0) return [];
  const found = tested.filter(({ widens }) => widens);
  const figures = found.map(
    ({ group, name, n, lag1, runsPValue, widening }) =>
      `${group}, ${name} (${repeated(n)}, lag-1 correlation ${number(lag1)}, runs test p ${number(runsPValue)}${widening > 1 ? `; about ${number(widening, 2)} times as wide would be right` : ''})`,
  );
  const tests = `Of ${plural(tested.length, 'figure')} with ${fewestForDependence} repetitions or more, ${found.length}`;
  return [
    {
      kind: found.length > 0 ? 'notice' : 'text',
      text:
        found.length === 0
          ? `${tests} have repetitions that are alike with their neighbours in time beyond chance (lag-1 correlation, runs test): nothing speaks against independence.`
          : `${tests} have repetitions that are alike with their neighbours in time; of independent ones about ${number(0.04 * tested.length, 2)} would by chance. Their intervals cover the truth less often than they say: ${figures.join('; ')}.`,
    },
  ];
}
