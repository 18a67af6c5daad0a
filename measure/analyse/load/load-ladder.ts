import type { LoadPlan } from '../../../config/lab';
import type { LoadStep } from '../../run/raw-data';
import { analyseLoadStep } from './load-step';

/** What a step of a ladder says of its rate. */
export interface LoadOutcome {
  readonly ratePerSecond: number;
  readonly keptUp: boolean;
}

/** Between which two rates, requests per second, an application stops keeping up. */
export interface LoadBracket {
  /** Null = it did not even keep up with the first rate, or no step was made. */
  readonly keptUp: number | null;
  /** Null = it kept up with every rate that was offered. */
  readonly notKeptUp: number | null;
}

/** The lowest rate that was not kept up with, and the highest below it that was. */
export function bracketOf(outcomes: readonly LoadOutcome[]): LoadBracket {
  const failed = outcomes.filter(({ keptUp }) => !keptUp).map(({ ratePerSecond }) => ratePerSecond);
  const notKeptUp = failed.length === 0 ? null : Math.min(...failed);
  const below = outcomes
    .filter(({ keptUp, ratePerSecond }) => keptUp && ratePerSecond < (notKeptUp ?? Number.POSITIVE_INFINITY))
    .map(({ ratePerSecond }) => ratePerSecond);
  return { keptUp: below.length === 0 ? null : Math.max(...below), notKeptUp };
}

/**
 * The rate to offer next, null at the end: up by the factor until a rate is not kept up with, then `refinements` times the
 * geometric mean of the bracket. Pure: the same outcomes lead to the same next step.
 */
export function nextRate(rates: LoadPlan['rates'], outcomes: readonly LoadOutcome[]): number | null {
  const { keptUp, notKeptUp } = bracketOf(outcomes);
  if (notKeptUp === null) {
    return outcomes.length < rates.steps ? rates.first * rates.factor ** outcomes.length : null;
  }
  const climbed = outcomes.findIndex((outcome) => !outcome.keptUp) + 1;
  if (keptUp === null || outcomes.length - climbed >= rates.refinements) return null;
  return Math.sqrt(keptUp * notKeptUp);
}

/** The same from raw steps. */
export function nextRateAfter({ rates, limits }: LoadPlan, steps: readonly LoadStep[]): number | null {
  const outcomes = steps.map((step) => ({
    ratePerSecond: step.ratePerSecond,
    keptUp: analyseLoadStep(step, limits).because.length === 0,
  }));
  return nextRate(rates, outcomes);
}
