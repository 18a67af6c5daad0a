import { type KnownFigures, parseBudget } from '../../config/budget';
import { FaultyFileError } from '../../config/faulty-file';
import { nearNames } from '../../config/near-names';
import { parseQuantity, quantityUnits } from '../../config/quantity';
import { allFigures } from '../../measure/analyse/figures/catalogue';
import type { NamedFigure } from '../../measure/analyse/figures/figure';

const figures: KnownFigures = new Map([
  ['wordpress/pageLoadSeconds', { unit: 's', name: 'page load time' }],
  ['wordpress/oneWayDelayMs', { unit: 'ms', name: 'one-way delay' }],
  ['level 3/memoryUsedBytes', { unit: 'B', name: 'memory used' }],
  ['level 3/loadAverage/0', { unit: '', name: 'load average, 1 min' }],
]);

const parse = (text: string) => parseBudget(text, 'budget.yaml', figures);

function faultsOf(text: string): readonly string[] {
  try {
    parse(text);
    return [];
  } catch (error) {
    if (!(error instanceof FaultyFileError)) throw error;
    return error.faults.map(({ path, message }) => `${path}: ${message}`);
  }
}

test('limits are read with their units, several of one figure too', () => {
  const text = `limits:
  - { figure: wordpress/pageLoadSeconds, atMost: 350 ms, growsAtMost: 10 % }
  - { figure: level 3/memoryUsedBytes, atLeast: 1.5 GiB }
  - { figure: level 3/loadAverage/0, atMost: 2 }`;
  expect(parse(text)).toMatchObject([
    {
      figure: 'wordpress/pageLoadSeconds',
      kind: 'atMost',
      quantity: { kind: 'time', value: expect.closeTo(0.35, 12) },
    },
    { figure: 'wordpress/pageLoadSeconds', kind: 'growsAtMost', quantity: { kind: 'share', value: 10 } },
    { figure: 'level 3/memoryUsedBytes', kind: 'atLeast', quantity: { value: 1.5 * 2 ** 30 } },
    { figure: 'level 3/loadAverage/0', kind: 'atMost', quantity: { kind: 'number', value: 2 } },
  ]);
});

test('all faults are named at once, each with its place', () => {
  const text = `limits:
  - { figure: wordpres/pageLoadSecond, atMost: 2 s }
  - { figure: level 3/memoryUsedBytes, atMost: 2 s, growsAtMost: 5 }
  - { figure: wordpress/oneWayDelayMs, most: 3 ms }
  - { figure: wordpress/oneWayDelayMs, atMost: lots }
  - { atMost: 3 ms }`;
  expect(faultsOf(text)).toEqual([
    'limits[0].figure: "wordpres/pageLoadSecond" is no figure of these runs; did you mean wordpress/pageLoadSeconds?',
    'limits[1].atMost: 2 s must be an amount of memory, such as 512 MiB',
    'limits[1].growsAtMost: 5 must be per cent, such as 10 %',
    'limits[2]: has no limit: give atMost, atLeast, growsAtMost, shrinksAtMost',
    'limits[2].most: is not a known key',
    'limits[3].atMost: "lots" is no number with a unit, such as 350 ms',
    'limits[4].figure: is missing',
  ]);
});

test.each(['limits: []', 'limits: 3', 'budget: yes', '- a', 'limits: [null, 7]'])('%s is refused', (text) => {
  expect(faultsOf(text)).not.toEqual([]);
});

test('a figure by its name in reports is answered with its path', () => {
  const [fault] = faultsOf('limits: [{ figure: memory used, atMost: 1 GiB }]');
  expect(fault).toContain('did you mean level 3/memoryUsedBytes?');
});

test('a name that is far from all leads to the list of them', () => {
  expect(nearNames('colour of the sky', figures.keys())).toEqual([]);
  expect(faultsOf('limits: [{ figure: colour of the sky, atMost: 1 }]')[0]).toContain('npm run trace');
});

test('every unit that a figure has can be written in a budget', () => {
  const all: readonly NamedFigure[] = Object.values(allFigures).flat();
  const units = all.flatMap(({ unit, parts = {} }) => [
    unit,
    ...Object.values(parts).map((part) => part.unit ?? unit),
  ]);
  expect(units.filter((unit) => !Object.hasOwn(quantityUnits, unit))).toEqual([]);
});

test.each(['2 parsecs', '', 'NaN', '1e3 s', 'constructor', '1 constructor'])(
  '"%s" is no quantity',
  (text) => {
    expect(typeof parseQuantity(text)).toBe('string');
  },
);
