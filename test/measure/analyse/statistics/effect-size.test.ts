import { effectSize } from '../../../../measure/analyse/statistics/effect-size';
import { shiftRank, smallestP } from '../../../../measure/analyse/statistics/mann-whitney';
import { comparePairs } from '../compare/simulated-pairs';

const nowhere = { low: Number.NaN, high: Number.NaN };

describe('the effect of one run against another', () => {
  test('is the median of all differences and ratios, B against A', () => {
    const effect = effectSize([1, 2, 3, 4, 5], [2, 4, 6, 8, 10]);
    expect(effect).toMatchObject({ difference: 3, ratio: 2 });
    // Of 25 pairs, B is above in 19, below in 4 and equal in 2.
    expect(effect.cliffsDelta).toBeCloseTo((19 - 4) / 25, 12);
  });

  test('has intervals that hold it, and that agree about equality', () => {
    for (const shift of [0, 0.5, 1, 2, 4]) {
      const a = [5, 6, 7, 8, 9, 6.5];
      const effect = effectSize(
        a,
        a.map((value) => value + shift),
      );
      const { low, high } = effect.interval?.difference ?? nowhere;
      expect(low).toBeLessThanOrEqual(effect.difference);
      expect(high).toBeGreaterThanOrEqual(effect.difference);
      const { low: lowRatio, high: highRatio } = effect.interval?.ratio ?? nowhere;
      expect(effect.pValue <= 0.05).toBe(low > 0 || high < 0);
      expect(low > 0 || high < 0).toBe(lowRatio > 1 || highRatio < 1);
    }
  });

  test('changes its sign, and no more, when A and B change places', () => {
    const [a, b] = [
      [1, 2, 3.5, 4],
      [2, 7, 9, 9.5],
    ];
    const [one, other] = [effectSize(a as number[], b as number[]), effectSize(b as number[], a as number[])];
    expect(other.difference).toBeCloseTo(-one.difference, 12);
    expect(other.cliffsDelta).toBeCloseTo(-one.cliffsDelta, 12);
  });

  test('has no interval below three repetitions on either side', () => {
    expect(effectSize([1, 2], [3, 4, 5]).interval).toBeNull();
    expect(effectSize([1, 2, 3], [4])).toMatchObject({ difference: 2, interval: null });
    expect(effectSize([1, 2, 3], [4, 5, 6]).interval).not.toBeNull();
  });

  test('has no ratio where a value is 0 or below: nothing can be divided by no loss', () => {
    expect(effectSize([0, 0, 0], [1, 2, 3])).toMatchObject({ ratio: null, interval: { ratio: null } });
    expect(effectSize([-1, 1, 2], [1, 2, 3]).ratio).toBeNull();
  });

  test('is exact where nothing varies', () => {
    expect(effectSize([2, 2, 2, 2], [3, 3, 3, 3]).interval).toMatchObject({
      difference: { low: 1, high: 1 },
      ratio: { low: 1.5, high: 1.5 },
    });
  });

  test('of nothing is refused', () => {
    expect(() => effectSize([], [1])).toThrow(RangeError);
  });

  test.each([
    [3, 3, 90],
    [4, 4, 97.14],
    [3, 5, 96.43],
  ])('cannot be surer than the number of orders allows: %d and %d give %d %%', (n, m, expected) => {
    const { interval, smallestPValue } = effectSize(Array(n).fill(1), Array(m).fill(1));
    expect(interval?.difference.coveragePercent).toBeCloseTo(expected, 2);
    expect(100 * (1 - smallestPValue)).toBeCloseTo(expected, 2);
  });

  test('has the p of all orders in which the values could have come, counted one by one', () => {
    const [a, b] = [
      [1, 2, 5, 6],
      [3, 7, 8, 9, 10],
    ];
    const all = [...a, ...b];
    const uOf = (mask: number): number =>
      all.reduce((sum, _, i) => {
        if (((mask >> i) & 1) === 0) return sum;
        return sum + all.filter((each, j) => ((mask >> j) & 1) === 0 && each > (all[i] as number)).length;
      }, 0);
    const orders = Array.from({ length: 2 ** all.length }, (_, mask) => mask).filter(
      (mask) => mask.toString(2).replaceAll('0', '').length === b.length,
    );
    const own = uOf(0b111110000);
    const p = (2 * orders.filter((mask) => uOf(mask) <= own).length) / orders.length;
    expect(effectSize(a, b).pValue).toBeCloseTo(p, 12);
  });

  test('counts equal values against a difference, so that p is never too small', () => {
    expect(effectSize([1, 1, 1, 1], [1, 1, 1, 1]).pValue).toBe(1);
    const tied = effectSize([1, 2, 3, 4], [4, 5, 6, 7]).pValue;
    expect(tied).toBeGreaterThan(effectSize([1, 2, 3, 4], [5, 6, 7, 8]).pValue);
  });
});

describe('the rank of the interval of a shift', () => {
  // Critical values of U, two-sided 5 %, as printed in tables of the test: the rank is one more.
  test.each([
    [4, 4, 0],
    [5, 5, 2],
    [6, 8, 8],
    [10, 10, 23],
    [20, 20, 127],
  ])('of %d and %d values is that of the tables', (n, m, critical) => {
    const { rank, coveragePercent } = shiftRank(n, m, 95);
    expect(rank).toBe(critical + 1);
    expect(coveragePercent).toBeGreaterThanOrEqual(95);
    expect(shiftRank(m, n, 95)).toEqual(shiftRank(n, m, 95));
  });

  test('goes over into the normal approximation without a step', () => {
    const share = ({ rank }: { readonly rank: number }, n: number): number =>
      (rank - (n * n) / 2) / Math.sqrt((n * n * (2 * n + 1)) / 12);
    expect(share(shiftRank(201, 201, 95), 201)).toBeCloseTo(share(shiftRank(200, 200, 95), 200), 2);
    expect(smallestP(3, 3)).toBeCloseTo(0.1, 12);
  });
});

describe('simulated pairs of runs', () => {
  const laws = ['normal', 'log-normal', 'heavy tails (Student, 2)'] as const;

  test.each(laws)('that are equal are said to differ in no more than 5 of 100 comparisons: %s', (law) => {
    for (const n of [3, 4, 5, 8, 20]) {
      const pairs = n === 20 ? 300 : 1000;
      const { differ } = comparePairs({ law, n, pairs, seed: 2019, spread: 0.05, factor: 1 });
      expect(differ).toBeLessThanOrEqual(0.05 + 2 * Math.sqrt((0.05 * 0.95) / pairs));
    }
  });

  test('of which one is slower by 10 % are told apart at the planned n', () => {
    const options = { law: 'log-normal', n: 5, pairs: 200, seed: 2019, spread: 0.03, factor: 1.1 } as const;
    expect(comparePairs(options).differ).toBeGreaterThan(0.9);
  });

  test('are never said to differ at n = 3, where one equal pair of ten lies apart by chance', () => {
    const options = { law: 'log-normal', n: 3, pairs: 1000, seed: 2019, spread: 0.05, factor: 1 } as const;
    const { differ, undecided } = comparePairs(options);
    expect(differ).toBe(0);
    expect(undecided).toBeGreaterThan(0.08);
    expect(undecided).toBeLessThan(0.12);
  });
});
