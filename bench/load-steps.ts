/**
 * How often a step of load counts as kept up with, at a queue with one server whose capacity is known. Argument: steps per cell,
 * default 200. Seeded, so that it prints the same figures everywhere.
 */
import { analyseLoadStep } from '../measure/analyse/load/load-step';
import { simulatedStep } from '../test/measure/fixtures/simulated-load';

const steps = Number(process.argv[2] ?? 200);
if (!Number.isInteger(steps) || steps < 1) {
  console.error(`${process.argv[2]}: the number of steps must be a whole number of 1 or more`);
  process.exit(2);
}
const limits = { answeredPercent: 99, latencySeconds: 4, growthPercent: 5 };
const loads = [0.5, 0.7, 0.85, 1.05, 1.1];
const row = (cells: readonly string[]): void => console.log(`| ${cells.join(' | ')} |`);

row(['time of an answer', 'its law', 'step', ...loads.map((load) => `load ${load}`)]);
row(['---', '---', '---:', ...loads.map(() => '---:')]);
for (const seconds of [60, 180]) {
  for (const service of ['constant', 'exponential'] as const) {
    for (const serviceSeconds of [0.1, 0.5, 1]) {
      const kept = loads.map((load) => {
        const made = Array.from({ length: steps }, (_, seed) =>
          simulatedStep({ ratePerSecond: load / serviceSeconds, seconds, serviceSeconds, service, seed }),
        );
        return made.filter((step) => analyseLoadStep(step, limits).because.length === 0).length / steps;
      });
      const cells = kept.map((share) => `${(100 * share).toFixed(1)} %`);
      row([`${serviceSeconds} s`, service, `${seconds} s`, ...cells]);
    }
  }
}
