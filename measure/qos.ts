#!/usr/bin/env -S npx tsx
/**
 * Scenario 2: what do clients get from each application? Clients on their own network read pages as a person would;
 * the packets of each session are captured at both ends.
 */
import { chalk } from 'zx';
import { runCommand } from '../commands/run-command';
import { conclude, measure, measureCommand, readerOption } from './measure-command';
import { RunDirectory } from './run/run-directory';
import { sessionNames } from './run/run-plan';

const command = measureCommand('qos', 'Measures throughput, loss, delay and jitter as clients see them.', [
  'npm run measure -- qos',
  'npm run measure -- qos --reader browser   pages as a person sees them, in the Chromium of the node',
  'npx tsx measure/qos.ts --plan quick       the same script, started directly',
]).addOption(readerOption);

void runCommand(async () => {
  const result = await measure(command, 'qos');
  return conclude(command, result, sessionsByApplication(new RunDirectory(result.directory)));
});

/** `wordpress` and `3 of 3 sessions, 72 transfers, 1 failed`. */
function sessionsByApplication(directory: RunDirectory): [string, string][] {
  const plan = directory.plan();
  const planned = sessionNames(plan);
  return [...new Set(planned.map(({ guest }) => guest))].sort().map((guest) => {
    const sessions = directory.sessionsOf(plan, guest);
    const transfers = sessions.flatMap((session) => session.transfers);
    const failed = transfers.filter(({ error, status }) => error !== null || (status ?? 0) >= 400).length;
    const all = planned.filter((session) => session.guest === guest).length;
    const made = `${sessions.length} of ${all} sessions, ${transfers.length} transfers`;
    return [guest, failed > 0 ? `${made}, ${chalk.yellow(`${failed} failed`)}` : made];
  });
}
