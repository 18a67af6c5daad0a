import { compareRuns } from '../../../../measure/analyse/compare/compare-runs';
import { compareSeries, sideName } from '../../../../measure/analyse/compare/compare-series';
import type { Summary } from '../../../../measure/analyse/summary';
import { renderSeries } from '../../../../measure/report/terminal/series-terminal';
import { inventedRuns } from '../../fixtures/invented-runs';

const { invent, summarise } = inventedRuns();

/** A summary as of another run on another day. */
function on(day: number, summary: Summary): Summary {
  const registeredAt = `2030-03-${day}T08:00:00.000Z`;
  return { ...summary, run: `day-${day}`, plan: { ...summary.plan, run: `day-${day}`, registeredAt } };
}

const five = summarise(invent({ blocks: 5, sessions: 5 }));
const lossy = summarise(invent({ blocks: 5, sessions: 5, loseEvery: 40 }));
const series = compareSeries([on(19, lossy), on(17, five), on(18, five)]);
const figure = (path: string) => series.figures.find((each) => each.path === path);

test('runs are ordered by their dates, and each is compared with the first as any two runs are', () => {
  expect(series.runs.map(({ side, run }) => [side, run])).toEqual([
    ['A', 'day-17'],
    ['B', 'day-18'],
    ['C', 'day-19'],
  ]);
  const loss = figure('wordpress/lossPercent');
  expect(loss?.points.map(({ comparison }) => comparison?.verdict)).toEqual([
    undefined,
    'do not differ',
    'differ',
  ]);
  const pair = compareRuns(five, lossy).metrics.find(({ path }) => path === 'wordpress/lossPercent');
  expect(loss?.points[2]?.comparison?.effect).toEqual(pair?.effect);
  expect(loss?.points[0]?.values).toEqual(five.applications[0]?.lossPercent);
});

test('every figure has one point for each run, also where a run has not measured it', () => {
  const without = { ...on(18, five), applications: [] };
  const { figures } = compareSeries([on(17, five), without, on(19, lossy)]);
  const loss = figures.find(({ path }) => path === 'wordpress/lossPercent');
  expect(loss?.points.map(({ side }) => side)).toEqual(['A', 'B', 'C']);
  expect(loss?.points[1]).toMatchObject({ values: null, comparison: { verdict: 'not measured' } });
});

test('the chance of a difference that is none is summed over all comparisons', () => {
  const pairs = [five, lossy].map((other) => compareRuns(five, other).multiplicity);
  expect(series.multiplicity.judged).toBe((pairs[0]?.judged ?? 0) + (pairs[1]?.judged ?? 0));
  expect(series.multiplicity.byChance).toBeCloseTo((pairs[0]?.byChance ?? 0) * 2, 9);
  expect(renderSeries(series, false)).toContain('if all runs were equal, up to about');
});

test('what makes a run doubtful is said with its letter, once', () => {
  const kvm: Summary = { ...five, environment: { ...five.environment, acceleration: 'kvm' } };
  const { obstacles, cautions } = compareSeries([on(17, five), on(18, five), on(19, kvm)]);
  expect(obstacles).toEqual(['acceleration is tcg in A and kvm in C']);
  expect(new Set(cautions).size).toBe(cautions.length);
});

test('the table has a line for each run with its interval, and the difference from the first', () => {
  const text = renderSeries(compareSeries([on(19, lossy), on(17, five), on(18, five)], 'packet loss'), false);
  expect(text).toMatch(/^A = day-17, 2030-03-17 08:00:00 UTC \(emulated \(TCG\)\), which the others/);
  expect(text).toMatch(/wordpress .* packet loss +│ A +│ 0\s% \[/);
  expect(text).toMatch(/│ C +│ 2\.\d+\s% \[.* differ/);
});

test('letters go on after Z as in spreadsheets', () => {
  expect([0, 25, 26, 51, 52].map(sideName)).toEqual(['A', 'Z', 'AA', 'AZ', 'BA']);
});
