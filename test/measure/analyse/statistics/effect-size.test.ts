import { attainablePercent, effectSize } from '../../../../measure/analyse/statistics/effect-size';
import { comparePairs } from '../compare/simulated-pairs';

describe('the effect of one run against another', () => {
  test('is the difference and the ratio of the medians, B against A', () => {
    const effect = effectSize([1, 2, 3, 4, 5], [2, 4, 6, 8, 10], 1);
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
        3,
      );
      const [low, high] = effect.interval?.difference ?? [Number.NaN, Number.NaN];
      expect(low).toBeLessThanOrEqual(effect.difference);
      expect(high).toBeGreaterThanOrEqual(effect.difference);
      const [lowRatio = Number.NaN, highRatio = Number.NaN] = effect.interval?.ratio ?? [];
      expect(low > 0 || high < 0).toBe(lowRatio > 1 || highRatio < 1);
    }
  });

  test('changes its sign, and no more, when A and B change places', () => {
    const [a, b] = [
      [1, 2, 3.5, 4],
      [2, 7, 9, 9.5],
    ];
    const [one, other] = [
      effectSize(a as number[], b as number[], 1),
      effectSize(b as number[], a as number[], 1),
    ];
    expect(other.difference).toBeCloseTo(-one.difference, 12);
    expect(other.cliffsDelta).toBeCloseTo(-one.cliffsDelta, 12);
  });

  test('has no interval below three repetitions on either side', () => {
    expect(effectSize([1, 2], [3, 4, 5], 1).interval).toBeNull();
    expect(effectSize([1, 2, 3], [4], 1)).toMatchObject({ difference: 2, interval: null });
    expect(effectSize([1, 2, 3], [4, 5, 6], 1).interval).not.toBeNull();
  });

  test('has no ratio where a value is 0 or below: nothing can be divided by no loss', () => {
    expect(effectSize([0, 0, 0], [1, 2, 3], 1)).toMatchObject({ ratio: null, interval: { ratio: null } });
    expect(effectSize([-1, 1, 2], [1, 2, 3], 1).ratio).toBeNull();
  });

  test('is exact where nothing varies', () => {
    expect(effectSize([2, 2, 2, 2], [3, 3, 3, 3], 1).interval).toMatchObject({
      difference: [1, 1],
      ratio: [1.5, 1.5],
    });
  });

  test('of nothing is refused', () => {
    expect(() => effectSize([], [1], 1)).toThrow(RangeError);
  });

  test.each([
    [3, 3, 90],
    [4, 4, 97.14],
    [3, 5, 96.43],
    [5, 5, 99.21],
  ])('cannot be surer than the number of orders allows: %d and %d give %d %%', (n, m, expected) => {
    expect(attainablePercent(n, m)).toBeCloseTo(expected, 2);
    expect(effectSize(Array(n).fill(1), Array(m).fill(1), 1).interval?.confidencePercent).toBeCloseTo(
      Math.min(95, expected),
      2,
    );
  });
});

describe('simulated pairs of runs', () => {
  const common = { law: 'log-normal', n: 5, pairs: 120, seed: 2019 } as const;

  test('that are equal are said to differ in 2 to 8 of 100 comparisons', () => {
    const { differ } = comparePairs({ ...common, spread: 0.05, factor: 1 });
    expect(differ).toBeGreaterThanOrEqual(0.02);
    expect(differ).toBeLessThanOrEqual(0.08);
  });

  test('of which one is slower by 10 % are told apart at the planned n', () => {
    expect(comparePairs({ ...common, pairs: 60, spread: 0.03, factor: 1.1 }).differ).toBeGreaterThan(0.9);
  });

  test('are never said to differ at n = 3, where one equal pair of ten lies apart by chance', () => {
    const { differ, undecided } = comparePairs({ ...common, n: 3, spread: 0.05, factor: 1 });
    expect(differ).toBe(0);
    expect(undecided).toBeGreaterThan(0.04);
    expect(undecided).toBeLessThan(0.17);
  });
});
