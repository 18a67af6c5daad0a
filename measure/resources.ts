#!/usr/bin/env -S npx tsx
/**
 * Scenario 1: what does the node spend with 0, 1, 2 ... running guests? Guests are started and stopped, level by level
 * in a random order; at each level the node settles, and is then sampled over SSH and asked through its API.
 */
import { chalk } from 'zx';
import { runCommand } from '../commands/run-command';
import { conclude, measure, measureCommand } from './measure-command';
import { RunDirectory } from './run/run-directory';
import { guestsAtLevel, visitNames } from './run/run-plan';

const command = measureCommand('resources', 'Measures what the node spends with 0 to all guests running.', [
  'npm run measure -- resources',
  'npm run measure -- resources --plan paper   for figures that stand up',
  'npx tsx measure/resources.ts --plan quick   the same script, started directly',
]);

void runCommand(async () => {
  const result = await measure(command, 'resources');
  return conclude(command, result, visitsByLevel(new RunDirectory(result.directory)));
});

/** `level 2: wordpress, moodle` and `3 of 3 visits, 1 not settled`. */
function visitsByLevel(directory: RunDirectory): [string, string][] {
  const plan = directory.plan();
  const levels = [...new Set(plan.levelOrder.flat())].sort((a, b) => a - b);
  return levels.map((level) => {
    const running = guestsAtLevel(plan.lab.guests, level).map(({ name }) => name);
    const planned = visitNames(plan).filter((visit) => visit.level === level).length;
    const visits = directory.visitsOf(plan, level);
    const transient = visits.filter(({ settledAt }) => settledAt === null).length;
    const made = `${visits.length} of ${planned} visits`;
    return [
      `level ${level}: ${running.join(', ') || 'no guest'}`,
      transient > 0 ? `${made}, ${chalk.yellow(`${transient} not settled`)}` : made,
    ];
  });
}
