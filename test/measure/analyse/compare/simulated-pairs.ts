/** Pairs of runs that are known to be equal, or to differ by a known factor: the truth that comparisons are held to. */
import { verdictOf } from '../../../../measure/analyse/compare/compare-runs';
import { effectSize } from '../../../../measure/analyse/statistics/effect-size';
import { seededRandom } from '../../../../measure/run/random';

export type Law = 'normal' | 'log-normal' | 'exponential tail' | 'heavy tails (Student, 2)';

export interface PairOptions {
  readonly law: Law;
  /** Repetitions on each side. */
  readonly n: number;
  /** Spread between repetitions as a share of the median, 0.03 = 3 %. */
  readonly spread: number;
  /** What every value of B is multiplied with: 1 = an A/A comparison. */
  readonly factor: number;
  readonly pairs: number;
  readonly seed: number;
}

/** Shares of the pairs, 0 to 1, that are said to differ, and that may differ but for too few repetitions. */
export function comparePairs(options: PairOptions): { readonly differ: number; readonly undecided: number } {
  const random = seededRandom(options.seed);
  const verdicts = Array.from({ length: options.pairs }, () => {
    const a = Array.from({ length: options.n }, () => draw(options, random));
    const b = Array.from({ length: options.n }, () => draw(options, random) * options.factor);
    return verdictOf(effectSize(a, b));
  });
  const share = (wanted: string): number =>
    verdicts.filter((verdict) => verdict === wanted).length / options.pairs;
  return { differ: share('differ'), undecided: share('undecided') };
}

/** A repetition's value, about 1. */
function draw({ law, spread }: PairOptions, random: () => number): number {
  if (law === 'exponential tail') return 1 - spread * Math.log(1 - random());
  // Box and Muller 1958.
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  if (law === 'normal') return 1 + spread * normal;
  if (law === 'log-normal') return Math.exp(spread * normal);
  // Of 2 degrees of freedom: its variance is infinite.
  return 1 + (spread * normal) / Math.sqrt(-Math.log(1 - random()));
}
