/** Where a value lies that repetitions are drawn about, and how surely. Ends in the unit of the quantity. */
export interface Interval {
  readonly low: number;
  readonly high: number;
  /** It holds the true value in at least so many of 100 cases, whatever the distribution; never more than is so. */
  readonly coveragePercent: number;
}

/** Wanted of every interval. Where so few repetitions cannot reach it, the interval is the surest that they can give. */
export const wantedPercent = 95;

/** With fewer there is no interval: one of two repetitions would miss every other time. */
export const fewestForInterval = 3;

/**
 * Interval of the median from one repetition to another: [X(r), X(n+1−r)] of the values in order. The number of values below the
 * true median is that of heads in n throws of a coin, so its coverage, 1 − 2·P(heads < r), is known exactly for every
 * continuous distribution, and is no less where values are equal (H. A. David and H. N. Nagaraja, Order Statistics,
 * 3rd ed. (2003), section 7.1). r is the largest with 95 %; nothing is interpolated, as that would assume a shape.
 *
 * `most`: absent where n was fixed beforehand. Where repetitions stop by a rule that looks at them, the most that there can be:
 * the interval then covers whenever they stop (see `stoppingRanks`).
 *
 * Null for n < 3. `sorted`: in rising order.
 */
export function medianInterval(sorted: readonly number[], most?: number): Interval | null {
  const n = sorted.length;
  if (n < fewestForInterval) return null;
  const { rank, coveragePercent } = most === undefined ? fixedRank(n) : stoppedRank(n, most);
  return { low: sorted[rank - 1] as number, high: sorted[n - rank] as number, coveragePercent };
}

interface Rank {
  /** 1 = from the smallest value to the largest. */
  readonly rank: number;
  readonly coveragePercent: number;
}

const wantedTail = 1 - wantedPercent / 100;

/** For a number of repetitions that was fixed. In logarithms, as 2⁻ⁿ is 0 for a computer from n = 1075 on. */
export function fixedRank(n: number): Rank {
  let logTerm = -n * Math.LN2;
  let outside = 2 * Math.exp(logTerm);
  let rank = 1;
  for (;;) {
    logTerm += Math.log((n + 1 - rank) / rank);
    const next = outside + 2 * Math.exp(logTerm);
    if (next > wantedTail) break;
    outside = next;
    rank += 1;
  }
  return { rank, coveragePercent: 100 * (1 - outside) };
}

/** Before the first look nothing stops, and an interrupted run has the interval of a fixed n. */
function stoppedRank(n: number, most: number): Rank {
  const { ranks, coveragePercent } = stoppingRanks(Math.max(n, most));
  const rank = ranks[n] ?? 0;
  return rank === 0 ? fixedRank(n) : { rank, coveragePercent };
}

/** The number of repetitions from which on a rule that may stop before `most` can be asked: 6 to 15, the later the more there may be. */
export function firstLook(most: number): number {
  const first = stoppingRanks(most).ranks.findIndex((rank) => rank > 0);
  return first === -1 ? Number.POSITIVE_INFINITY : first;
}

interface StoppingRanks {
  /** By n; 0 = no interval of so few is sure enough. */
  readonly ranks: readonly number[];
  /** That all intervals up to the most hold the median at once. */
  readonly coveragePercent: number;
}

const known = new Map<number, StoppingRanks>();

/**
 * Ranks of intervals that hold the median all at once, for every n up to `most`, in 95 of 100 runs: repeated confidence intervals
 * (C. Jennison and B. W. Turnbull, J. R. Statist. Soc. B 51 (1989) 305–361), so that it does not matter by what rule a run
 * stops. The number of values below the median walks one step or none with each repetition, by a coin; the chance
 * that it leaves the ranks is summed exactly, and up to n no more than 5 % · n / most of it is spent
 * (K. K. G. Lan and D. L. DeMets, Biometrika 70 (1983) 659–663; linear: K. Kim and D. L. DeMets, Biometrika 74 (1987) 149–154).
 */
function stoppingRanks(most: number): StoppingRanks {
  const before = known.get(most);
  if (before !== undefined) return before;
  const ranks = [0];
  let spent = 0;
  /** Chance of each number of values below the median, with all intervals so far holding it. */
  let inside = Float64Array.of(1);
  for (let n = 1; n <= most; n++) {
    const next = new Float64Array(n + 1);
    for (let below = 0; below < n; below++) {
      const half = (inside[below] as number) / 2;
      next[below] = (next[below] as number) + half;
      next[below + 1] = half;
    }
    let rank = 0;
    while (2 * rank < n) {
      const leaving = 2 * (next[rank] as number);
      if (spent + leaving > (wantedTail * n) / most) break;
      spent += leaving;
      next[rank] = 0;
      next[n - rank] = 0;
      rank += 1;
    }
    ranks.push(rank);
    inside = next;
  }
  const result = { ranks, coveragePercent: 100 * (1 - spent) };
  known.set(most, result);
  return result;
}
