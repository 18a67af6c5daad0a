/** Repetitions whose true median is known: the truth that intervals are held to. */
import { isPreciseEnough } from '../../../../measure/analyse/statistics/precision';
import { type Distribution, describe } from '../../../../measure/analyse/statistics/statistics';
import { seededRandom } from '../../../../measure/run/random';

export const laws = ['normal', 'log-normal', 'exponential'] as const;
export type Law = (typeof laws)[number];

/** Draws a value whose median is 10, with about `spread` between values. */
function drawer(law: Law, spread: number, random: () => number, correlation = 0): () => number {
  let last = 0;
  let isFirst = true;
  return () => {
    if (law === 'exponential') return 10 * (1 + spread * (-Math.log(1 - random()) - Math.LN2));
    // Box and Muller 1958; each value leans on the one before (an AR(1) series).
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    last = isFirst ? normal : correlation * last + Math.sqrt(1 - correlation ** 2) * normal;
    isFirst = false;
    return law === 'normal' ? 10 * (1 + spread * last) : 10 * Math.exp(spread * last);
  };
}

export interface RunOptions {
  readonly law: Law;
  readonly spread: number;
  readonly runs: number;
  readonly seed: number;
}

const holds = (of: Distribution | null): boolean =>
  of?.interval != null && of.interval.low <= 10 && of.interval.high >= 10;

export interface FixedResult {
  /** Share of the runs, 0 to 1, whose interval held the median. */
  readonly covered: number;
  /** Share of the runs whose neighbours are said to be alike. */
  readonly warned: number;
}

/** Runs of a fixed n. `correlation`: of each repetition with the one before it. */
export function fixedRuns(n: number, { law, spread, runs, seed }: RunOptions, correlation = 0): FixedResult {
  const random = seededRandom(seed);
  const results = Array.from({ length: runs }, () => {
    const draw = drawer(law, spread, random, correlation);
    return describe(Array.from({ length: n }, draw));
  });
  const share = (test: (of: Distribution | null) => boolean): number => results.filter(test).length / runs;
  return { covered: share(holds), warned: share((of) => of?.dependence?.widens === true) };
}

/** Runs that stop as soon as their interval is no wider than `relativeWidth` of the median, or at `most`. */
export function stoppedRuns(
  relativeWidth: number,
  most: number,
  { law, spread, runs, seed }: RunOptions,
): { readonly covered: number; readonly meanN: number } {
  const random = seededRandom(seed);
  const results = Array.from({ length: runs }, () => {
    const draw = drawer(law, spread, random);
    const values: number[] = [];
    do values.push(draw());
    while (values.length < most && !isPreciseEnough(values, { relativeWidth }, most));
    return describe(values, { most });
  });
  return {
    covered: results.filter(holds).length / runs,
    meanN: results.reduce((sum, of) => sum + (of?.n ?? 0), 0) / runs,
  };
}
