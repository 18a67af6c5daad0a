import { firstLook } from '../../../../measure/analyse/statistics/median-interval';
import { isPreciseEnough, relativeIntervalWidth } from '../../../../measure/analyse/statistics/precision';

const near = [100, 101, 99, 100.5, 99.5, 100.2, 99.8];
const most = 20;

test('narrow intervals are precise enough, wide ones are not', () => {
  expect(isPreciseEnough(near, { relativeWidth: 0.03 }, most)).toBe(true);
  expect(isPreciseEnough(near, { relativeWidth: 0.001 }, most)).toBe(false);
});

test('too few repetitions are never precise enough, however alike', () => {
  const first = firstLook(most);
  expect(isPreciseEnough(Array(first - 1).fill(7), { relativeWidth: 1 }, most)).toBe(false);
  expect(isPreciseEnough(Array(first).fill(7), { relativeWidth: 0.01 }, most)).toBe(true);
});

test('what was not measured counts for nothing', () => {
  expect(relativeIntervalWidth([...near.slice(1), null, null], most)).toBeNull();
  expect(relativeIntervalWidth([...near, null], most)).toBe(relativeIntervalWidth(near, most));
});

test('a median of 0 has no relative width', () => {
  expect(isPreciseEnough([0, 0, 0, 0, 0, 0, 5, 5, 5], { relativeWidth: 1000 }, most)).toBe(false);
  expect(isPreciseEnough(Array(7).fill(0), { relativeWidth: 0.01 }, most)).toBe(true);
});
