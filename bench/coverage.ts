/**
 * How often the intervals of medians hold the true median, and how often dependent repetitions are warned of, in simulated runs.
 * Argument: runs per cell, default 4000. Seeded, so that it prints the same figures everywhere.
 */
import { fixedRank } from '../measure/analyse/statistics/median-interval';
import { fixedRuns, laws, stoppedRuns } from '../test/measure/analyse/statistics/simulated-repetitions';

const runs = Number(process.argv[2] ?? 4000);
if (!Number.isInteger(runs) || runs < 1) {
  console.error(`${process.argv[2]}: the number of runs must be a whole number of 1 or more`);
  process.exit(2);
}
const seed = 2019;
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const row = (cells: readonly string[]): void => console.log(`| ${cells.join(' | ')} |`);
const head = (cells: readonly string[]): void => {
  row(cells);
  row(cells.map((_, index) => (index === 0 ? '---' : '---:')));
};

console.log(`A fixed number of repetitions, ${runs} runs a cell:\n`);
head(['n', 'said', ...laws]);
for (const n of [3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20, 50]) {
  const found = laws.map((law) => fixedRuns(n, { law, spread: 0.3, runs, seed }).covered);
  row([String(n), percent(fixedRank(n).coveragePercent / 100), ...found.map(percent)]);
}

console.log('\nStopped when the interval is no wider than 5 % of the median (in brackets: mean n):\n');
head(['spread', 'at most', ...laws]);
for (const most of [20, 50]) {
  for (const spread of [0.01, 0.02, 0.03, 0.05, 0.1]) {
    const found = laws.map((law) => stoppedRuns(0.05, most, { law, spread, runs, seed }));
    const cells = found.map(({ covered, meanN }) => `${percent(covered)} (${meanN.toFixed(1)})`);
    row([`${100 * spread} %`, String(most), ...cells]);
  }
}

console.log('\nNeighbours that are alike (normal, AR(1)): covered, and in brackets warned of:\n');
const correlations = [0, 0.3, 0.5, 0.8];
head(['n', 'said', ...correlations.map(String)]);
for (const n of [8, 10, 15, 20, 50]) {
  const found = correlations.map((each) => fixedRuns(n, { law: 'normal', spread: 0.3, runs, seed }, each));
  const cells = found.map(({ covered, warned }) => `${percent(covered)} (${percent(warned)})`);
  row([String(n), percent(fixedRank(n).coveragePercent / 100), ...cells]);
}
