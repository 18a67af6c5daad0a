import { parseBudget } from '../../../../config/budget';
import { type BudgetAnswer, checkBudget, knownFigures } from '../../../../measure/analyse/compare/budget';
import type { Summary } from '../../../../measure/analyse/summary';
import { renderBudget } from '../../../../measure/report/terminal/budget-terminal';
import { inventedRuns } from '../../fixtures/invented-runs';

const { invent, summarise } = inventedRuns();

const five = summarise(invent({ blocks: 5, sessions: 5 }));
const three = summarise(invent({ blocks: 3, sessions: 3 }));
const lossy = summarise(invent({ blocks: 5, sessions: 5, loseEvery: 40 }));

function check(entry: string, first: Summary, last: Summary): BudgetAnswer {
  const limits = parseBudget(`limits: [{ ${entry} }]`, 'budget.yaml', knownFigures([first, last]));
  const [answer] = checkBudget(limits, first, last);
  if (answer === undefined) throw new Error('no answer');
  return answer;
}

const interval = five.applications[0]?.pageLoadSeconds?.interval ?? { low: Number.NaN, high: Number.NaN };

test.each([
  ['above the whole interval', interval.high + 0.001, 'kept'],
  ['below the whole interval', interval.low - 0.001, 'exceeded'],
  ['within the interval', (interval.low + interval.high) / 2, 'cannot be told'],
])('an upper limit %s is %s', (_, seconds, verdict) => {
  expect(
    check(`figure: wordpress/pageLoadSeconds, atMost: ${seconds.toFixed(6)} s`, five, five),
  ).toMatchObject({ verdict });
});

test('a lower limit is kept where the whole interval is above it', () => {
  const entry = (limit: string) => `figure: wordpress/throughputBitsPerSecond, atLeast: ${limit}`;
  expect(check(entry('50 kbit/s'), five, five).verdict).toBe('kept');
  expect(check(entry('1 Mbit/s'), five, five).verdict).toBe('exceeded');
});

test('the last run is judged, and a change against the first', () => {
  expect(check('figure: wordpress/lossPercent, atMost: 1 %', five, lossy).verdict).toBe('exceeded');
  expect(check('figure: wordpress/lossPercent, atMost: 1 %', lossy, five).verdict).toBe('kept');
  const shrinks = (limit: string) => `figure: wordpress/throughputBitsPerSecond, shrinksAtMost: ${limit}`;
  expect(check(shrinks('10 %'), five, lossy)).toMatchObject({ verdict: 'kept', unit: '%' });
  expect(check(shrinks('1 %'), five, lossy).verdict).toBe('exceeded');
  expect(check(shrinks('1 %'), lossy, five).verdict).toBe('kept');
});

test('a unit may be another one than the figure has', () => {
  expect(check('figure: wordpress/oneWayDelayMs, atMost: 1 s', five, five).verdict).toBe('kept');
  expect(check('figure: wordpress/oneWayDelayMs, atMost: 10 µs', five, five).verdict).toBe('exceeded');
});

test('three repetitions are too few for a median, and enough for a change', () => {
  expect(check('figure: wordpress/pageLoadSeconds, atMost: 100 s', three, three)).toMatchObject({
    verdict: 'cannot be told',
    reason: 'too few repetitions (n = 3): the interval covers in 75 % only',
  });
  expect(check('figure: wordpress/pageLoadSeconds, growsAtMost: 900 %', three, three).verdict).toBe('kept');
});

test('what was not measured, has no ratio or is of another thing cannot be told, and why is said', () => {
  const reason = (entry: string, first = five, last = five) => check(entry, first, last).reason;
  expect(reason('figure: moodle/pageLoadSeconds, atMost: 9 s')).toBe('it was not measured');
  expect(reason('figure: wordpress/lossPercent, growsAtMost: 9 %')).toContain('there is no ratio');
  const kvm: Summary = { ...five, environment: { ...five.environment, acceleration: 'kvm' } };
  expect(reason('figure: wordpress/pageLoadSeconds, growsAtMost: 900 %', five, kvm)).toBe(
    'the runs are not comparable: acceleration is tcg in A and kvm in B',
  );
  expect(check('figure: wordpress/pageLoadSeconds, atMost: 9 s', five, kvm).verdict).toBe('kept');
});

test('the answer shows limit, median and interval, and why it cannot be told', () => {
  const text = renderBudget(
    [
      check('figure: wordpress/pageLoadSeconds, atMost: 9 s', five, five),
      check('figure: moodle/pageLoadSeconds, atMost: 9 s', five, five),
    ],
    'B',
    false,
  );
  expect(text).toMatch(/│ kept .* page load time │ at most 9 s │ 0\.\d+\ss \[.*\], 93\s% +│/);
  expect(text).toMatch(/│ cannot be told: it was not measured │ moodle .* not measured/);
  expect(text).toContain('Budget: 1 of 2 limits kept, 0 exceeded, 1 cannot be told.');
});
