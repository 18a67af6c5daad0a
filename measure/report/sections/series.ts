import type { RunSeries, SeriesFigure, SeriesPoint } from '../../analyse/compare/compare-series';
import { distribution, when } from '../document/format';
import { difference, effectsReading, manyReading, probability, scaleOf } from './comparison';

/** What a reader must know before the figures: which runs they are, obstacles, cautions. */
export function seriesPreamble({ runs, obstacles, cautions }: RunSeries): readonly string[] {
  return [
    ...runs.map(
      ({ side, run, label, registeredAt }) =>
        `${side} = ${run}, ${when(registeredAt)}${label === null ? '' : ` (${label})`}${side === runs[0]?.side ? ', which the others are compared with' : ''}`,
    ),
    ...obstacles.map((obstacle) => `NOT COMPARABLE: ${obstacle}`),
    ...cautions.map((caution) => `Note: ${caution}`),
  ];
}

export function seriesReading({ runs, multiplicity }: RunSeries): string {
  const [first = ''] = runs.map(({ side }) => side);
  return `Runs are in the order of their dates. ${effectsReading(first, 'a later run')} ${manyReading(multiplicity, 'all runs')}`;
}

/** A scale for all runs of a figure. */
export function figureScale({ unit, points }: SeriesFigure): ReturnType<typeof scaleOf> {
  return scaleOf(unit, Math.max(...points.map(({ values }) => Math.abs(values?.median ?? 0))));
}

/** Cells of a run: its median with interval; against the first run the difference, p and the verdict. */
export function pointCells(figure: SeriesFigure, point: SeriesPoint): readonly string[] {
  const [first] = figure.points;
  const { values, comparison } = point;
  const measured = distribution(values, figureScale(figure));
  if (comparison === null) return [measured, '–', '–', '–'];
  const compared = { ...comparison, a: first?.values ?? null, b: values, unit: figure.unit };
  return [measured, difference(compared), probability(compared), comparison.verdict];
}
