import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Sampler } from '../../../../measure/collect/resources/sampler';
import type { CounterSample } from '../../../../measure/run/raw-data';
import { LocalShell } from '../local-shell';

let powercap: string;
beforeEach(() => {
  powercap = mkdtempSync(join(tmpdir(), 'powercap-'));
});
afterEach(() => rmSync(powercap, { recursive: true }));

/** A zone as /sys/class/powercap has it. */
function zone(directory: string, name: string, energy: string) {
  const path = join(powercap, directory);
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, 'name'), `${name}\n`);
  writeFileSync(join(path, 'energy_uj'), energy);
  writeFileSync(join(path, 'max_energy_range_uj'), '262143328850\n');
}

async function sampled(directory?: string): Promise<CounterSample> {
  const sampler = await Sampler.start(new LocalShell(), 60, [], directory);
  try {
    return await sampler.next();
  } finally {
    await sampler.close();
  }
}

test('the counters of all packages are read, and neither parts of a package nor what holds it', async () => {
  zone('intel-rapl:0', 'package-0', '1000000\n');
  zone('intel-rapl:0:0', 'core', '700000\n');
  zone('intel-rapl:1', 'package-1', '3000000\n');
  zone('intel-rapl:2', 'psys', '9000000\n');
  expect((await sampled(powercap)).packageEnergy).toEqual([
    { name: 'package-0', microjoules: 1_000_000, maxMicrojoules: 262_143_328_850 },
    { name: 'package-1', microjoules: 3_000_000, maxMicrojoules: 262_143_328_850 },
  ]);
});

test('a node without counters has none, not 0, and so has one of whose packages one cannot be read', async () => {
  expect((await sampled(powercap)).packageEnergy).toBeNull();
  expect((await sampled(join(powercap, 'absent'))).packageEnergy).toBeNull();
  zone('intel-rapl:0', 'package-0', '1000000\n');
  zone('intel-rapl:1', 'package-1', 'not a number');
  expect((await sampled(powercap)).packageEnergy).toBeNull();
});

test('counters that nobody asked for are not read', async () => {
  expect(await sampled()).not.toHaveProperty('packageEnergy');
});
