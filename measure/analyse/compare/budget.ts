import { isOfChange, type KnownFigures, type Limit } from '../../../config/budget';
import { quantityUnits } from '../../../config/quantity';
import { allFigures } from '../figures/catalogue';
import type { NamedFigure, Unit } from '../figures/figure';
import type { Interval } from '../statistics/median-interval';
import type { Summary } from '../summary';
import { comparableMetrics } from './comparable-metrics';
import { compareRuns, type MetricComparison, type RunComparison } from './compare-runs';

/**
 * - `kept`, `exceeded`: the whole interval lies on that side of the limit.
 * - `cannot be told`: the limit lies in the interval, or there is none that is sure enough.
 */
export type BudgetVerdict = 'kept' | 'exceeded' | 'cannot be told';

export interface BudgetAnswer {
  readonly limit: Limit;
  readonly group: string;
  readonly name: string;
  /** Of estimate and interval: the figure's own, or % for a change against the first run. */
  readonly unit: Unit;
  /** Median of the last run, or its change against the first in per cent; null = there is none. */
  readonly estimate: number | null;
  readonly interval: Interval | null;
  readonly verdict: BudgetVerdict;
  /** Why it cannot be told; null = it can. */
  readonly reason: string | null;
}

/**
 * A limit is a question of one side: an interval that covers in 90 of 100 cases has its end on the wrong side of the truth in 5
 * at most. So it suffices that n = 5 of a median, and 3 and 3 of a change.
 */
const enoughPercent = 90;

/**
 * Whether the last of these runs keeps every limit, by its interval and not by its estimate alone: an estimate just within a limit
 * would be outside it in every other repetition of the run. Changes are against the first run. Pure.
 */
export function checkBudget(
  limits: readonly Limit[],
  first: Summary,
  last: Summary,
): readonly BudgetAnswer[] {
  const comparison = compareRuns(first, last);
  const figures = knownFigures([first, last]);
  return limits.map((limit) => {
    const metric = comparison.metrics.find(({ path }) => path === limit.figure);
    const title = titleOf(limit, metric, figures);
    return isOfChange(limit.kind)
      ? ofChange(limit, title, metric, comparison)
      : ofValue(limit, title, metric);
  });
}

/** All that limits can be on: what the runs have, and what they could have of their guests and levels. */
export function knownFigures(summaries: readonly Summary[]): KnownFigures {
  const figures = summaries.flatMap((summary) => [
    ...possibleFigures(summary),
    ...comparableMetrics(summary),
  ]);
  return new Map(figures.map(({ path, unit, name }) => [path, { unit, name }]));
}

function possibleFigures({ plan }: Summary): readonly Pick<MetricComparison, 'path' | 'unit' | 'name'>[] {
  const of = (group: string, all: readonly NamedFigure[]) =>
    all
      .filter(({ key, parts }) => !key.includes(' ') && parts === undefined)
      .map(({ key, unit, label }) => ({ path: `${group}/${key}`, unit, name: label }));
  const { guests } = plan.lab;
  return [
    ...Array.from({ length: guests.length + 1 }, (_, level) =>
      of(`level ${level}`, allFigures.visits),
    ).flat(),
    ...guests.flatMap(({ name }) => of(name, allFigures.applications)),
  ];
}

type Found = MetricComparison | undefined;
type Title = Pick<BudgetAnswer, 'group' | 'name'>;

function ofValue(limit: Limit, title: Title, metric: Found): BudgetAnswer {
  const values = metric?.b ?? null;
  const unit = metric?.unit ?? '';
  const answer = {
    limit,
    ...title,
    unit,
    estimate: values?.median ?? null,
    interval: values?.interval ?? null,
  };
  if (values === null) return untold(answer, 'it was not measured');
  return decided(answer, limit.quantity.value / (quantityUnits[unit]?.factor ?? 1), `n = ${values.n}`);
}

function ofChange(limit: Limit, title: Title, metric: Found, { obstacles }: RunComparison): BudgetAnswer {
  const { a = null, b = null, effect = null } = metric ?? {};
  const ratio = effect?.interval?.ratio ?? null;
  const percent = (factor: number): number => 100 * (factor - 1);
  const answer = {
    ...{ limit, ...title, unit: '%' as const },
    estimate: effect === null || effect.ratio === null ? null : percent(effect.ratio),
    interval: ratio && { ...ratio, low: percent(ratio.low), high: percent(ratio.high) },
  };
  if (a === null || b === null)
    return untold(answer, `it was not measured in the ${a === null ? 'first' : 'last'} run`);
  if (obstacles.length > 0) return untold(answer, `the runs are not comparable: ${obstacles.join('; ')}`);
  if (answer.estimate === null) return untold(answer, 'a value is 0 or below, so that there is no ratio');
  const sign = limit.kind === 'shrinksAtMost' ? -1 : 1;
  return decided(answer, sign * limit.quantity.value, `n = ${a.n} and ${b.n}`);
}

type Asked = Omit<BudgetAnswer, 'verdict' | 'reason'>;

function decided(answer: Asked, bound: number, n: string): BudgetAnswer {
  const { interval, limit } = answer;
  if (interval === null || interval.coveragePercent < enoughPercent - 1e-9) {
    const covers =
      interval === null
        ? 'there is no interval'
        : `the interval covers in ${Math.floor(interval.coveragePercent)} % only`;
    return untold(answer, `too few repetitions (${n}): ${covers}`);
  }
  const isUpper = limit.kind === 'atMost' || limit.kind === 'growsAtMost';
  const [inside, outside] = isUpper
    ? [interval.high <= bound, interval.low > bound]
    : [interval.low >= bound, interval.high < bound];
  if (inside) return { ...answer, verdict: 'kept', reason: null };
  if (outside) return { ...answer, verdict: 'exceeded', reason: null };
  return untold(answer, 'the limit lies in the interval');
}

function untold(answer: Asked, reason: string): BudgetAnswer {
  return { ...answer, verdict: 'cannot be told', reason };
}

function titleOf({ figure }: Limit, metric: Found, figures: KnownFigures): Title {
  const [group = '', ...rest] = figure.split('/');
  return {
    group: metric?.group ?? group,
    name: metric?.name ?? figures.get(figure)?.name ?? rest.join('/'),
  };
}
