import { dependence } from '../../../../measure/analyse/statistics/dependence';
import { fixedRank } from '../../../../measure/analyse/statistics/median-interval';
import { fixedRuns, laws, stoppedRuns } from './simulated-repetitions';

const drifting = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

test('repetitions that drift are alike with their neighbours, and it is said how much wider is right', () => {
  const found = dependence(drifting);
  expect(found?.lag1).toBeCloseTo(0.7, 12);
  // Of the 252 orders of five above and five below, 2 have two runs.
  expect(found?.runsPValue).toBeCloseTo(2 / 252, 12);
  expect(found?.widens).toBe(true);
  expect(found?.widening).toBeCloseTo(Math.sqrt(1.7 / 0.3), 12);
});

test('repetitions that go up and down in turn make no interval too narrow', () => {
  const found = dependence([1, 9, 2, 8, 1, 9, 2, 8, 1, 9]);
  expect(found?.lag1).toBeLessThan(-0.5);
  expect(found).toMatchObject({ widens: false, widening: 1 });
  expect(found?.runsPValue).toBeCloseTo(1, 12);
});

test('of fewer than eight, and of what does not vary, nothing is said', () => {
  expect(dependence(drifting.slice(0, 7))).toBeNull();
  expect(dependence(Array(20).fill(3))).toBeNull();
});

describe('simulated runs', () => {
  const seed = 2019;
  /** What a share of 95 % scatters by in so many runs, twice its standard deviation. */
  const noise = (runs: number): number => 2 * Math.sqrt((0.05 * 0.95) / runs);

  test.each(laws)('of a fixed n have intervals that cover as often as they say: %s', (law) => {
    for (const n of [3, 5, 7, 20]) {
      const { covered } = fixedRuns(n, { law, spread: 0.3, runs: 1000, seed });
      const said = fixedRank(n).coveragePercent / 100;
      expect(covered).toBeGreaterThanOrEqual(said - 2.5 * Math.sqrt((said * (1 - said)) / 1000));
    }
  });

  test.each(laws)('that stop by precision have intervals that cover in 94 %% or more: %s', (law) => {
    for (const spread of [0.02, 0.03, 0.05]) {
      const { covered, meanN } = stoppedRuns(0.05, 20, { law, spread, runs: 400, seed });
      expect(covered).toBeGreaterThanOrEqual(0.94);
      expect(meanN).toBeGreaterThan(7);
    }
  });

  test('whose repetitions are independent are warned of in about 4 of 100, dependent ones much oftener', () => {
    const options = { law: 'normal', spread: 0.3, runs: 500, seed } as const;
    expect(fixedRuns(20, options).warned).toBeLessThanOrEqual(0.05 + noise(500));
    const dependent = fixedRuns(20, options, 0.5);
    expect(dependent.covered).toBeLessThan(0.9);
    expect(dependent.warned).toBeGreaterThan(0.4);
  });
});
