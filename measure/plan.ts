#!/usr/bin/env -S npx tsx
import { runCommand } from '../commands/run-command';
/** `npm run measure` without a scenario: all that the plan has. resources.ts, qos.ts and load.ts ask one question each. */
import { conclude, measure, measureCommand, readerOption } from './measure-command';

const command = measureCommand(undefined, 'Collects the raw data of one run from the deployed lab.', [
  'npm run measure                             both scenarios, the short plan',
  'npm run measure -- --plan quick             both, once each: no spread, no intervals',
  'npm run measure -- resources --plan paper   scenario 1 alone (measure/resources.ts); also: qos, load, benchmarks',
  'npm run measure -- --resume 2026-11-23-143000',
]).addOption(readerOption);

void runCommand(async () => {
  const result = await measure(command);
  return conclude(command, result, [
    ['visits of scenario 1, complete', String(result.visits)],
    ['sessions of scenario 2, complete', String(result.sessions)],
    ['ladders of load, complete', String(result.ladders)],
    ['trials of benchmarks, complete', String(result.trials)],
  ]);
});
