import { pageVerdict, tiphonVerdict } from '../../../../measure/analyse/sessions/tiphon-and-itu-classes';
import { describe as summarise } from '../../../../measure/analyse/statistics/statistics';

test('nothing measured has no distribution', () => {
  expect(summarise([])).toBeNull();
  expect(summarise([null, null])).toBeNull();
});

test('two repetitions have a median and no interval', () => {
  expect(summarise([1, 3])).toMatchObject({ n: 2, median: 2, interval: null });
});

test('the interval is of the known values alone, whatever their order', () => {
  const interval = { low: 1, high: 9, coveragePercent: 100 * (1 - 2 / 2 ** 7) };
  expect(summarise([5, null, 1, 4, 2, Number.NaN, 9, 7, 3])?.interval).toEqual(interval);
});

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
