import {
  fewestForPrecision,
  isPreciseEnough,
  relativeIntervalWidth,
} from '../../../../measure/analyse/statistics/precision';

const near = [100, 101, 99, 100.5, 99.5, 100.2];

test('narrow intervals are precise enough, wide ones are not', () => {
  expect(isPreciseEnough(near, { relativeWidth: 0.03 }, 1)).toBe(true);
  expect(isPreciseEnough(near, { relativeWidth: 0.001 }, 1)).toBe(false);
});

test('too few repetitions are never precise enough, however alike', () => {
  expect(isPreciseEnough(Array(fewestForPrecision - 1).fill(7), { relativeWidth: 1 }, 1)).toBe(false);
  expect(isPreciseEnough(Array(fewestForPrecision).fill(7), { relativeWidth: 0.01 }, 1)).toBe(true);
});

test('what was not measured counts for nothing', () => {
  expect(relativeIntervalWidth([...near.slice(1), null, null], 1)).toBeNull();
  expect(relativeIntervalWidth([...near, null], 1)).toBe(relativeIntervalWidth(near, 1));
});

test('a median of 0 has no relative width', () => {
  expect(isPreciseEnough([0, 0, 0, 0, 0, 0, 5, 5, 5], { relativeWidth: 1000 }, 1)).toBe(false);
  expect(isPreciseEnough([0, 0, 0, 0, 0, 0], { relativeWidth: 0.01 }, 1)).toBe(true);
});

test('the same values give the same answer, so that a resumed run stops where the first would have', () => {
  expect(relativeIntervalWidth(near, 9)).toBe(relativeIntervalWidth(near, 9));
});
