import { fixedRank } from '../../../../measure/analyse/statistics/median-interval';
import type { Distribution } from '../../../../measure/analyse/statistics/statistics';
import {
  coverage,
  coverages,
  delay,
  distribution,
  fixed,
  milliseconds,
  number,
  plural,
  quantity,
  scales,
  when,
} from '../../../../measure/report/document/format';

const of = (median: number, n = 1, ends: readonly [number, number] | null = null): Distribution => ({
  n,
  median,
  mean: median,
  min: median,
  max: median,
  lowerQuartile: median,
  upperQuartile: median,
  interval: ends && { low: ends[0], high: ends[1], coveragePercent: fixedRank(n).coveragePercent },
  dependence: null,
  values: Array.from({ length: n }, () => median),
  repetitions: Array.from({ length: n }, (_, index) => index),
});
/** With ordinary spaces, as one reads it. */
const plain = (text: string): string => text.replaceAll('\u00a0', ' ');

test('a figure has three significant digits, groups and a true minus sign', () => {
  expect([0.00531, 1.5, 35.949, 12345.6, -0.926, 815, -30.1].map((value) => number(value))).toEqual([
    '0.00531',
    '1.50',
    '35.9',
    '12,346',
    '−0.926',
    '815',
    '−30.1',
  ]);
});

test('a figure of others keeps the decimals that it was printed with', () => {
  expect(plain(fixed(110.66, 3, 's'))).toBe('110.660 s');
  expect(fixed(8, 1)).toBe('8.0');
  expect(fixed(-0.004, 2)).toBe('0.00');
});

test('a missing value is no number', () => {
  expect(quantity(null, 's')).toBe('not measured');
  expect(distribution(null, scales.percent)).toBe('not measured');
  expect(delay(null, null)).toBe('not measured');
});

test('n is left out only where it is the one that the table states', () => {
  expect(plain(distribution(of(2, 1), scales.percent, 1))).toBe('2 %');
  expect(plain(distribution(of(2, 2), scales.percent, 3))).toBe('2 %, n = 2');
  expect(plain(distribution(of(2, 3, [1, 4]), scales.percent))).toBe('2.0 % [1.0, 4.0], 75 %, n = 3');
});

test('the interval decides the digits: two of its width, for the median and both ends', () => {
  const shown = (median: number, low: number, high: number): string =>
    plain(distribution(of(median, 5, [low, high]), scales.plain, 5));
  expect(shown(1.16034, 1.15921, 1.16134)).toBe('1.1603 [1.1592, 1.1613], 93 %');
  expect(shown(523.4, 310.2, 900.9)).toBe('523 [310, 901], 93 %');
  expect(shown(16.3, 16.3, 16.3)).toBe('16.3 [16.3, 16.3], 93 %');
});

test('a coverage is rounded down: nothing is said to cover more often than it does', () => {
  expect([3, 4, 5, 6, 7, 20].map((n) => plain(coverage(fixedRank(n))))).toEqual([
    '75 %',
    '87 %',
    '93 %',
    '96 %',
    '98 %',
    '95 %',
  ]);
  expect(plain(coverages([of(1, 5, [0, 2]), of(1), null, of(1, 3, [0, 2])]) ?? '')).toBe('75 to 93 %');
  expect(coverages([of(1), null])).toBeNull();
});

test('a time is given in the unit that shows its digits, and never below the resolution', () => {
  expect(plain(milliseconds(0.00531))).toBe('5.31 µs');
  expect(plain(milliseconds(0.12))).toBe('0.120 ms');
  expect(plain(delay(of(0.004, 3, [0.003, 0.005]), 0.001, 3))).toBe('4.0 µs [3.0, 5.0], 75 %');
  expect(plain(delay(of(0.0004, 1), 0.001, 1))).toBe('below resolution (1 µs)');
});

test('one is singular', () => {
  expect([plural(1, 'block'), plural(0, 'guest'), plural(3, 'page')].map(plain)).toEqual([
    '1 block',
    '0 guests',
    '3 pages',
  ]);
});

test('a time of day is given in UTC and to the second', () => {
  expect(when('2026-11-23T03:47:01.488Z')).toBe('2026-11-23 03:47:01 UTC');
});
