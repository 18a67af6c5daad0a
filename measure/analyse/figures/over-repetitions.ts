import { type DescribeOptions, type Distribution, describe } from '../statistics/statistics';
import type { Figure } from './figure';

/** The figures of a catalogue over the repetitions of a level or an application. */
export interface OverRepetitions {
  /** Null = not measured in any. */
  median(key: string): Distribution | null;
  /** A sum or an extreme; null = not known. */
  count(key: string): number | null;
  /** The sum of no repetitions is 0. */
  sum(key: string): number;
  /** Figures of the catalogue that the result does not have yet. */
  beyond(result: object): Readonly<Record<string, Distribution | number | null>>;
}

export function overRepetitions<Of>(
  figures: readonly Figure<Of, never>[],
  repetitions: readonly Of[],
  { most, numberOf }: Pick<DescribeOptions, 'most'> & { readonly numberOf: (repetition: Of) => number },
): OverRepetitions {
  const numbers = repetitions.map(numberOf);
  const valued = figures.flatMap((figure) => (figure.value ? [{ ...figure, value: figure.value }] : []));
  const find = (key: string) => {
    const figure = valued.find((each) => each.key === key);
    if (!figure) throw new RangeError(`the catalogue of figures has no value for ${key}`);
    return figure;
  };
  const median = (key: string) => describe(repetitions.map(find(key).value), { repetitions: numbers, most });
  const count = (key: string) => combine(find(key), repetitions);
  return {
    median,
    count,
    sum: (key) => count(key) ?? 0,
    beyond: (result) =>
      Object.fromEntries(
        valued
          .filter(({ key }) => !key.includes(' ') && !Object.hasOwn(result, key))
          .map(({ key, statistic }) => [key, statistic === undefined ? median(key) : count(key)]),
      ),
  };
}

function combine<Of>(
  { value, statistic }: Figure<Of, never> & { readonly value: (of: Of) => number | null },
  repetitions: readonly Of[],
): number | null {
  const known = repetitions.map(value).filter((each) => each !== null);
  if (statistic === 'sum') return known.reduce((sum, each) => sum + each, 0);
  if (known.length === 0) return null;
  return statistic === 'smallest' ? Math.min(...known) : Math.max(...known);
}
