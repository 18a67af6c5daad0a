import { firstLook, fixedRank, medianInterval } from '../../../../measure/analyse/statistics/median-interval';

const upTo = (n: number): readonly number[] => Array.from({ length: n }, (_, index) => index + 1);

/** Chance that fewer than `rank` of n fair coins show heads, from Pascal's triangle in whole numbers. */
function tail(n: number, rank: number): number {
  let row = [1n];
  for (let i = 0; i < n; i++) row = [1n, ...row.slice(1).map((each, k) => each + (row[k] ?? 0n)), 1n];
  const below = row.slice(0, rank).reduce((sum, each) => sum + each, 0n);
  return Number((below * 10n ** 18n) / 2n ** BigInt(n)) / 1e18;
}

describe('the interval of a median, of a number of repetitions that was fixed', () => {
  // Ranks as printed in tables of the sign test, for example in W. J. Conover, Practical Nonparametric Statistics, 3rd ed., section 3.2.
  test.each([
    [3, 1, 75],
    [4, 1, 87.5],
    [5, 1, 93.75],
    [6, 1, 96.875],
    [8, 1, 99.21875],
    [9, 2, 96.09375],
    [12, 3, 96.142578125],
    [20, 6, 95.861053467],
  ])('of %d runs from value %d to as many from the end, and covers in %d %%', (n, rank, percent) => {
    const interval = medianInterval(upTo(n));
    expect(interval).toMatchObject({ low: rank, high: n + 1 - rank });
    expect(interval?.coveragePercent).toBeCloseTo(percent, 8);
  });

  test('covers as it says, and in 95 % wherever so many repetitions can, but never with a rank too low', () => {
    for (const n of [...upTo(60).slice(2), 200, 1500]) {
      const { rank, coveragePercent } = fixedRank(n);
      expect(coveragePercent).toBeCloseTo(100 * (1 - 2 * tail(n, rank)), 6);
      if (n >= 6) expect(coveragePercent).toBeGreaterThanOrEqual(95);
      expect(100 * (1 - 2 * tail(n, rank + 1))).toBeLessThan(95);
    }
  });

  test('is none of fewer than three', () => {
    expect(medianInterval([1, 2])).toBeNull();
  });
});

describe('the interval of a median, of repetitions that a rule may stop', () => {
  test('holds the median for every n at once as often as it says: all orders of 14 coins counted', () => {
    const most = 14;
    const ranks = upTo(most).map((n) =>
      n < firstLook(most) ? 0 : (medianInterval(upTo(n), most)?.low ?? 0),
    );
    let held = 0;
    for (let coins = 0; coins < 2 ** most; coins++) {
      let below = 0;
      const holds = ranks.every((rank, index) => {
        below += (coins >> index) & 1;
        return below >= rank && index + 1 - below >= rank;
      });
      if (holds) held += 1;
    }
    const coveragePercent = (100 * held) / 2 ** most;
    expect(medianInterval(upTo(most), most)?.coveragePercent).toBeCloseTo(coveragePercent, 9);
    expect(coveragePercent).toBeGreaterThanOrEqual(95);
    expect(coveragePercent).toBeLessThan(97);
  });

  test.each([7, 20, 100, 1000])('is sure to 95 %% from the first look on, of at most %d', (most) => {
    for (const n of [firstLook(most), Math.ceil(most / 2), most].filter((n) => n >= firstLook(most))) {
      expect(medianInterval(upTo(n), most)?.coveragePercent).toBeGreaterThanOrEqual(95);
    }
  });

  test('is that of a fixed number where a run was interrupted before the first look', () => {
    expect(firstLook(20)).toBe(7);
    expect(medianInterval(upTo(5), 20)).toEqual(medianInterval(upTo(5)));
  });

  test('is asked the later, the more repetitions there may be', () => {
    expect([7, 20, 100, 1000, 10_000].map(firstLook)).toEqual([6, 7, 9, 12, 15]);
  });
});
