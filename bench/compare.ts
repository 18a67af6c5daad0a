/**
 * What comparisons are worth: how often two equal runs are said to differ, and how often a slowdown of 10 % is found. Argument: pairs per
 * row, default 200. Seeded, so that it prints the same figures everywhere.
 */
import { comparePairs, type Law } from '../test/measure/analyse/compare/simulated-pairs';

const pairs = Number(process.argv[2] ?? 200);
if (!Number.isInteger(pairs) || pairs < 1) {
  console.error(`${process.argv[2]}: the number of pairs must be a whole number of 1 or more`);
  process.exit(2);
}
const laws: readonly Law[] = ['log-normal', 'exponential tail'];
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`.padStart(8);
const seed = 2019;

console.log(
  `A/A: ${pairs} pairs of equal runs a row; false alarms should be 2 to 8 % at the planned n = 5 (${pairs} pairs scatter by ±${(196 * Math.sqrt((0.05 * 0.95) / pairs)).toFixed(1)} points)`,
);
for (const law of laws) {
  for (const n of [3, 4, 5, 10, 20]) {
    const { differ, undecided } = comparePairs({ law, n, spread: 0.05, factor: 1, pairs, seed });
    const few = undecided > 0 ? `  and ${percent(undecided).trim()} "may differ", so few repetitions` : '';
    console.log(`${law.padEnd(18)} n = ${String(n).padStart(2)} ${percent(differ)}${few}`);
  }
}

console.log('\nA slowdown of 10 %: found in so many pairs (log-normal)');
const spreads = [0.01, 0.02, 0.03, 0.05, 0.08];
console.log(
  `${'spread between repetitions'.padEnd(28)}${spreads.map((spread) => `${100 * spread} %`.padStart(9)).join('')}`,
);
for (const n of [4, 5, 10, 20]) {
  const found = spreads.map((spread) =>
    percent(comparePairs({ law: 'log-normal', n, spread, factor: 1.1, pairs, seed }).differ).padStart(9),
  );
  console.log(`${`n = ${n}${n === 5 ? ' (planned in "paper")' : ''}`.padEnd(28)}${found.join('')}`);
}
