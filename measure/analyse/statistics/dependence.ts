import { medianSorted } from 'simple-statistics';

/** How far repetitions in the order measured are alike with their neighbours, which an interval takes them not to be. */
export interface Dependence {
  /** Correlation of each repetition with the next, −1 to 1. */
  readonly lag1: number;
  /** Chance that independent repetitions have so few runs above and below their median, or fewer. */
  readonly runsPValue: number;
  /** Either is beyond what 2.5 of 100 series of independent repetitions have: the truth lies outside the interval more often than said. */
  readonly widens: boolean;
  /** How many times as wide the interval should be, about: √((1 + r)/(1 − r)); 1 where nothing widens. */
  readonly widening: number;
}

/** With fewer neither tells anything. */
export const fewestForDependence = 8;

const surprising = 0.025;
/** Of the normal distribution, one-sided. */
const surprisingZ = 1.96;

/**
 * Null for n < 8, and where all values are equal. The lag-1 correlation of n independent values has mean −1/n and variance
 * (n − 2)²/(n²(n − 1)) (P. A. P. Moran, Biometrika 35 (1948) 255–260); the runs test is exact (A. Wald and J. Wolfowitz, Annals of
 * Mathematical Statistics 11 (1940) 147–162). The widening is that of the mean of an AR(1) series (D. S. Wilks,
 * Statistical Methods in the Atmospheric Sciences, 3rd ed., section 5.2.4).
 */
export function dependence(values: readonly number[]): Dependence | null {
  const n = values.length;
  if (n < fewestForDependence) return null;
  const centre = values.reduce((sum, value) => sum + value, 0) / n;
  const away = values.map((value) => value - centre);
  const squares = away.reduce((sum, value) => sum + value * value, 0);
  if (squares === 0 || values.every((value) => value === values[0])) return null;
  const lag1 =
    away.slice(1).reduce((sum, value, index) => sum + value * (away[index] as number), 0) / squares;
  const bound = -1 / n + (surprisingZ * (n - 2)) / (n * Math.sqrt(n - 1));
  const runsPValue = fewRuns(values);
  const widens = lag1 > bound || runsPValue <= surprising;
  return { lag1, runsPValue, widens, widening: widens && lag1 > 0 ? Math.sqrt((1 + lag1) / (1 - lag1)) : 1 };
}

/** Values equal to the median are left out, as they are on neither side. */
function fewRuns(values: readonly number[]): number {
  const median = medianSorted([...values].sort((a, b) => a - b));
  const sides = values.filter((value) => value !== median).map((value) => value > median);
  const above = sides.filter(Boolean).length;
  const below = sides.length - above;
  if (above === 0 || below === 0) return 1;
  const runs = 1 + sides.slice(1).filter((side, index) => side !== sides[index]).length;
  const all = logChoose(sides.length, above);
  const split = (n: number, parts: number): number => logChoose(n - 1, parts - 1);
  let p = 0;
  for (let r = 2; r <= runs; r++) {
    const [more, less] = [Math.ceil(r / 2), Math.floor(r / 2)];
    p += Math.exp(split(above, more) + split(below, less) - all);
    p += Math.exp(split(above, less) + split(below, more) - all);
  }
  return Math.min(1, p);
}

/** −∞ where there is no way to choose. */
function logChoose(n: number, k: number): number {
  if (k < 0 || k > n) return Number.NEGATIVE_INFINITY;
  let log = 0;
  for (let i = 1; i <= Math.min(k, n - k); i++) log += Math.log((n - i + 1) / i);
  return log;
}
