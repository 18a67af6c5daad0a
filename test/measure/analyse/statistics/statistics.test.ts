import { pageVerdict, tiphonVerdict } from '../../../../measure/analyse/sessions/tiphon-and-itu-classes';
import { describe as summarise } from '../../../../measure/analyse/statistics/statistics';
import { seededRandom } from '../../../../measure/run/random';

test('nothing measured has no distribution', () => {
  expect(summarise([])).toBeNull();
  expect(summarise([null, null])).toBeNull();
});

test('two repetitions have a median and no interval', () => {
  expect(summarise([1, 3])).toMatchObject({ n: 2, median: 2, interval: null });
});

test('the same values and seed give the same interval, which holds the median', () => {
  const values = [5, 1, 4, 2, 9, 7, 3];
  const one = summarise(values, 3);
  expect(one).toEqual(summarise(values, 3));
  expect(one?.interval?.[0]).toBeLessThanOrEqual(4);
  expect(one?.interval?.[1]).toBeGreaterThanOrEqual(4);
});

test('the interval holds the true median of a skewed law about 95 times of 100', () => {
  const random = seededRandom(11);
  const trials = 60;
  let held = 0;
  for (let trial = 0; trial < trials; trial++) {
    const interval = summarise(
      Array.from({ length: 15 }, () => -Math.log(1 - random())),
      trial,
    )?.interval;
    if (interval && interval[0] <= Math.LN2 && interval[1] >= Math.LN2) held += 1;
  }
  expect(held / trials).toBeGreaterThan(0.88);
  expect(held).toBeLessThan(trials);
}, 60_000);

test.each([
  ['delay', 150, '4 very good'],
  ['delay', 151, '3 good'],
  ['delay', 500, '1 poor'],
  ['jitter', 0, '4 very good'],
  ['jitter', 0.001, '3 good'],
  ['loss', 3, '3 good'],
  ['throughput', 100, '4 very good'],
  ['throughput', 60, '2 fair'],
] as const)('TIPHON puts a %s of %d into class %s', (quantity, value, verdict) => {
  expect(tiphonVerdict(quantity, summarise([value])).verdict).toBe(verdict);
});

test('an unknown quantity has no class', () => {
  expect(tiphonVerdict('loss', null)).toMatchObject({ verdict: 'unknown', value: null });
});

test('an interval that crosses a limit is said to', () => {
  expect(pageVerdict(summarise([1.5, 1.6, 1.9, 2.5, 2.6])).crosses).toBe(true);
  expect(pageVerdict(summarise([1.5, 1.6, 1.7, 1.6, 1.5])).crosses).toBe(false);
});
