/**
 * What comparisons are worth: how often two equal runs are said to differ, and how often a slowdown of 10 % is found. Argument: pairs per
 * row, default 2000. Seeded, so that it prints the same figures everywhere.
 */
import { smallestP } from '../measure/analyse/statistics/mann-whitney';
import { comparePairs, type Law } from '../test/measure/analyse/compare/simulated-pairs';

const pairs = Number(process.argv[2] ?? 2000);
if (!Number.isInteger(pairs) || pairs < 1) {
  console.error(`${process.argv[2]}: the number of pairs must be a whole number of 1 or more`);
  process.exit(2);
}
const laws: readonly Law[] = ['normal', 'log-normal', 'heavy tails (Student, 2)'];
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const row = (cells: readonly string[]): void => console.log(`| ${cells.join(' | ')} |`);
const head = (cells: readonly string[]): void => {
  row(cells);
  row(cells.map((_, index) => (index === 0 ? '---' : '---:')));
};
const seed = 2019;

const noise = (196 * Math.sqrt((0.05 * 0.95) / pairs)).toFixed(1);
console.log(
  `Equal runs that are said to differ, of ${pairs} pairs each (5 % scatter by ±${noise} points):\n`,
);
head(['n on each side', 'smallest p', ...laws, 'of these "undecided"']);
for (let n = 3; n <= 20; n++) {
  const found = laws.map((law) => comparePairs({ law, n, spread: 0.05, factor: 1, pairs, seed }));
  const undecided = Math.max(...found.map((each) => each.undecided));
  row([
    String(n),
    smallestP(n, n).toPrecision(2),
    ...found.map(({ differ }) => percent(differ)),
    undecided > 0 ? `up to ${percent(undecided)} more` : '–',
  ]);
}

console.log('\nA slowdown of 10 % that is found (log-normal), by the spread between repetitions:\n');
const spreads = [0.01, 0.02, 0.03, 0.05, 0.08];
head(['n on each side', ...spreads.map((spread) => `${100 * spread} %`)]);
for (const n of [4, 5, 6, 10, 20]) {
  const found = spreads.map(
    (spread) => comparePairs({ law: 'log-normal', n, spread, factor: 1.1, pairs, seed }).differ,
  );
  row([String(n), ...found.map(percent)]);
}
