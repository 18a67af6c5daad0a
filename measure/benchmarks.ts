#!/usr/bin/env -S npx tsx
/**
 * Benchmarks: what can the disk, memory, CPU and network of each guest do, and what can the node itself? The tools run in
 * the guest through its agent, on the node over SSH, and from the first client for the network.
 */
import { runCommand } from '../commands/run-command';
import { conclude, measure, measureCommand } from './measure-command';
import { RunDirectory } from './run/run-directory';
import { trialNames } from './run/run-plan';

const command = measureCommand(
  'benchmarks',
  'Measures what the disk, memory, CPU and network of guests can do, and the node itself.',
  [
    'npm run measure -- benchmarks',
    'npm run measure -- benchmarks --plan full   the plan by its name in lab.yaml',
    'npx tsx measure/benchmarks.ts               the same script, started directly',
  ],
);

void runCommand(async () => {
  const result = await measure(command, 'benchmarks');
  return conclude(command, result, trialsByGuest(new RunDirectory(result.directory)));
});

/** `wordpress` and `3 of 3 trials`. */
function trialsByGuest(directory: RunDirectory): [string, string][] {
  const planned = trialNames(directory.plan());
  return [...new Set(planned.map(({ guest }) => guest))].sort().map((guest) => {
    const own = planned.filter((trial) => trial.guest === guest);
    const made = own.filter(({ name }) => directory.hasTrial(name));
    return [guest, `${made.length} of ${own.length} trials`];
  });
}
