import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findRun } from '../../../measure/run/find-run';
import { RawDataFault, readRawRun } from '../../../measure/run/raw-run';
import { edit, inventedRuns } from '../fixtures/invented-runs';

const { root, invent } = inventedRuns();

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

  test('of a run that is not there is said to be so', () => {
    expect(() => readRawRun(join(root, 'nowhere'))).toThrow('there is no such run');
    expect(() => findRun(join(root, 'nowhere'), undefined)).toThrow('npm run measure');
  });
});
