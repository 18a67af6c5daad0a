#!/usr/bin/env -S npx tsx
/**
 * Load: at which rate of requests does each application stop keeping up? One client asks at intended times, whatever
 * the answers; each step of a ladder has a higher rate, until one is not kept up with.
 */
import { chalk } from 'zx';
import { runCommand } from '../commands/run-command';
import { conclude, measure, measureCommand } from './measure-command';
import { RunDirectory } from './run/run-directory';
import { ladderNames } from './run/run-plan';

const command = measureCommand('load', 'Measures the rate at which each application stops keeping up.', [
  'npm run measure -- load',
  'npm run measure -- load --plan load   the plan by its name in lab.yaml',
  'npx tsx measure/load.ts               the same script, started directly',
]);

void runCommand(async () => {
  const result = await measure(command, 'load');
  return conclude(command, result, laddersByApplication(new RunDirectory(result.directory)));
});

/** `wordpress` and `3 of 3 ladders, steps from 0.125 to 2 requests/s`. */
function laddersByApplication(directory: RunDirectory): [string, string][] {
  const plan = directory.plan();
  const planned = ladderNames(plan);
  return [...new Set(planned.map(({ guest }) => guest))].sort().map((guest) => {
    const ladders = directory.laddersOf(plan, guest);
    const rates = ladders.flatMap(({ steps }) => steps.map(({ ratePerSecond }) => ratePerSecond));
    const shown = [Math.min(...rates), Math.max(...rates)].map((rate) => Number(rate.toPrecision(3)));
    const all = planned.filter((ladder) => ladder.guest === guest).length;
    const made = `${ladders.length} of ${all} ladders`;
    return [
      guest,
      rates.length > 0 ? `${made}, steps from ${shown.join(' to ')} requests/s` : chalk.yellow(made),
    ];
  });
}
