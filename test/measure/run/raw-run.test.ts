import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findRun } from '../../../measure/run/find-run';
import { RawDataFault, readRawRun } from '../../../measure/run/raw-run';
import { FORMAT_VERSION } from '../../../measure/run/records/plan';
import { edit, inventedRuns } from '../fixtures/invented-runs';

const { root, invent } = inventedRuns();

const readRun = (directory: string): string =>
  (JSON.parse(readFileSync(join(directory, 'plan.json'), 'utf8')) as { run: string }).run;

describe('broken raw data', () => {
  test('is refused with the name of every file and field', () => {
    const directory = invent();
    edit(join(directory, 'plan.json'), (content) => {
      content.seed = 'x';
    });
    edit(join(directory, 'raw/resources/000-level0.json'), (content) => {
      content.cpus = -2;
    });
    writeFileSync(join(directory, 'raw/environment.json'), '{');
    expect(() => readRawRun(directory)).toThrow(RawDataFault);
    expect(() => readRawRun(directory)).toThrow(
      /plan\.json: seed: [\s\S]*environment\.json: [\s\S]*000-level0\.json: cpus: /,
    );
  });

  test('of a newer format is refused by its number, one without a number is read', () => {
    const directory = invent();
    expect(readRawRun(directory).plan.formatVersion ?? 1).toBeLessThanOrEqual(FORMAT_VERSION);
    edit(join(directory, 'plan.json'), (content) => {
      content.formatVersion = FORMAT_VERSION + 1;
    });
    expect(() => readRawRun(directory)).toThrow(RawDataFault);
    expect(() => readRawRun(directory)).toThrow(
      `plan.json: the run ${readRun(directory)} has format ${FORMAT_VERSION + 1}, and this version of the lab reads formats up to ${FORMAT_VERSION}`,
    );
  });

  test('of a run that is not there is said to be so', () => {
    expect(() => readRawRun(join(root, 'nowhere'))).toThrow('there is no such run');
    expect(() => findRun(join(root, 'nowhere'), undefined)).toThrow('npm run measure');
  });
});
