import { describe as distributionOf } from '../../../../measure/analyse/statistics/statistics';
import { inTurn } from '../../../../measure/report/first-page/in-turn';
import { overlap, stepVerdict } from '../../../../measure/report/first-page/step-verdict';
import { findings } from '../../../../measure/report/language/english/findings';

const of = (...values: number[]) => {
  const made = distributionOf(values);
  if (made === null) throw new RangeError('no values');
  return made;
};

const said = (...steps: ReturnType<typeof of>[]): string =>
  findings
    .memory({
      first: '1 GiB',
      last: '2 GiB',
      firstLevel: 0,
      lastLevel: 3,
      added: { range: '300 MiB', falls: false, byOne: true, n: 'n = 3' },
      paper: null,
      verdict: stepVerdict(steps),
    })
    .replace(/^.*?\)\. /, '')
    .replaceAll('\u00a0', ' ');

describe('what is said of steps', () => {
  test('is that they lie above 0 only where every interval does', () => {
    expect(said(of(1, 2, 3), of(4, 5, 6))).toBe('The intervals of all 2 steps lie above 0 (coverage 75 %).');
    expect(said(of(1, 2, 3))).toBe('The interval of the step lies above 0 (coverage 75 %).');
  });

  test('is that nothing is shown where an interval holds 0, its own ends among them', () => {
    const holds = 'Of 1 step, intervals hold 0 in 1, where no difference is shown (coverage 75 %).';
    expect(said(of(-1, 2, 3))).toBe(holds);
    expect(said(of(0, 2, 3))).toBe(holds);
    expect(said(of(-3, -2, 0))).toBe(holds);
  });

  test('counts steps above, below and about 0 apart, with the coverages that there are', () => {
    const many = of(1, 2, 3, 4, 5, 6);
    expect(said(many, of(-3, -2, -1), of(-1, 0, 1))).toBe(
      'Of 3 steps, intervals are above 0 in 1, below 0 in 1, hold 0 in 1, where no difference is shown (coverage 75 to 96 %).',
    );
  });

  test('is nothing beyond chance where repetitions are too few for an interval', () => {
    expect(said(of(5), of(6))).toContain('no step is shown to be more than chance');
    expect(said(of(5, 6), of(1, 2, 3))).toContain('are missing in 1');
  });
});

describe('whether two intervals have a value in common', () => {
  test.each<[string, ReturnType<typeof of>, ReturnType<typeof of>, boolean | null]>([
    ['apart', of(1, 2, 3), of(4, 5, 6), false],
    ['with one end shared', of(1, 2, 3), of(3, 4, 5), true],
    ['one inside the other', of(1, 5, 9), of(4, 5, 6), true],
    ['without an interval', of(1, 2), of(4, 5, 6), null],
  ])('%s', (_, one, other, common) => {
    expect(overlap(one, other)).toBe(common);
    expect(overlap(other, one)).toBe(common);
  });
});

describe('places on the first page', () => {
  test('are given in turn, and what shares a list stays together', () => {
    expect(inTurn([['a1', 'a2', 'a3'], ['b1', 'b2'], ['c1']], 4)).toEqual(['a1', 'a2', 'b1', 'c1']);
    expect(inTurn([['a1', 'a2', 'a3'], [], []], 2)).toEqual(['a1', 'a2']);
    expect(inTurn([[], []], 3)).toEqual([]);
  });
});
