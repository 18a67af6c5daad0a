import { cumulativeStdNormalProbability } from 'simple-statistics';

/** The test of Mann and Whitney (Annals of Mathematical Statistics 18 (1947) 50–60), exact, for any n and m. */

/** More repetitions together than this: the normal approximation with its correction for continuity, good to 1 % of p there. */
const mostExact = 400;

const known = new Map<string, readonly number[]>();

/**
 * P(U ≤ u) for u = 0, 1, ... up to the middle, where all orders of n and m values are alike: U is how many of the n·m pairs
 * have the value of B below that of A. Counts are the coefficients of the Gaussian binomial, ∏(1 − qᵐ⁺ⁱ) / ∏(1 − qⁱ).
 */
function lowerTail(n: number, m: number): readonly number[] {
  const key = `${Math.min(n, m)} ${Math.max(n, m)}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const middle = Math.floor((n * m) / 2);
  const tail =
    n + m > mostExact ? approximateTail(n, m, middle) : exactTail(Math.min(n, m), Math.max(n, m), middle);
  known.set(key, tail);
  return tail;
}

function exactTail(n: number, m: number, middle: number): readonly number[] {
  const orders = new Float64Array(middle + 1);
  orders[0] = 1;
  for (let i = 1; i <= n; i++) {
    for (let u = middle; u >= m + i; u--) orders[u] = (orders[u] as number) - (orders[u - m - i] as number);
    for (let u = i; u <= middle; u++) orders[u] = (orders[u] as number) + (orders[u - i] as number);
  }
  const all = allOrders(n, m);
  let sum = 0;
  return Array.from(orders, (count) => {
    sum += count / all;
    return sum;
  });
}

function approximateTail(n: number, m: number, middle: number): readonly number[] {
  const deviation = Math.sqrt((n * m * (n + m + 1)) / 12);
  return Array.from({ length: middle + 1 }, (_, u) =>
    cumulativeStdNormalProbability((u + 0.5 - (n * m) / 2) / deviation),
  );
}

/** How many orders there are of which values are A's and which B's: C(n + m, n). */
function allOrders(n: number, m: number): number {
  let orders = 1;
  for (let i = 1; i <= n; i++) orders = (orders * (m + i)) / i;
  return orders;
}

/** The smallest p value that so many repetitions can have, two-sided: all of one side above all of the other. 0.1 for 3 and 3. */
export function smallestP(n: number, m: number): number {
  return 2 / allOrders(Math.min(n, m), Math.max(n, m));
}

/**
 * Two-sided p value: the chance that equal sides lie apart so far or further. Of pairs, `below` have B not above A and `above` have
 * B not below A: equal values count on either side, against a difference, so that p is never too small.
 */
export function mannWhitneyP(
  n: number,
  m: number,
  pairs: { readonly below: number; readonly above: number },
): number {
  const tail = lowerTail(n, m);
  return Math.min(1, 2 * (tail[Math.min(pairs.below, pairs.above)] ?? 0.5));
}

/**
 * The rank k of the interval of a shift, [D(k), D(n·m + 1 − k)] of all differences in order, and its coverage: the narrowest with
 * `percent` or, where so few repetitions have none, the widest (E. L. Lehmann, Nonparametrics (1975), section 2.6).
 */
export function shiftRank(
  n: number,
  m: number,
  percent: number,
): { readonly rank: number; readonly coveragePercent: number } {
  const tail = lowerTail(n, m);
  const outside = 1 - percent / 100 + 1e-12;
  const rank = Math.max(
    1,
    tail.findIndex((p) => 2 * p > outside),
  );
  return { rank, coveragePercent: 100 * (1 - 2 * (tail[rank - 1] as number)) };
}
