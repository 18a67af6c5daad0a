import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Guest, Lab } from '../../../../config/lab';
import { analyseTrials } from '../../../../measure/analyse/benchmarks/trials';
import { benchmarkCommands, benchmarkTools } from '../../../../measure/collect/benchmarks/commands';
import {
  type BenchmarkWorld,
  collectBenchmarks,
  diskFacts,
  refusedDisk,
} from '../../../../measure/collect/benchmarks/trials';
import type { BenchmarkTrial } from '../../../../measure/run/raw-data';
import { trialRecord } from '../../../../measure/run/records/benchmark';
import { RunDirectory } from '../../../../measure/run/run-directory';
import { registerPlan } from '../../../../measure/run/run-plan';
import { testUnless } from '../../../skip';
import { testLab } from '../fixtures';
import { LocalShell } from '../local-shell';

jest.setTimeout(120_000);

const settings = {
  repetitions: 1,
  of: ['cpu' as const, 'memory' as const, 'disk' as const],
  seconds: 1,
  warmUpSeconds: 0,
  diskMiB: 16,
  arrayMiB: 1,
};

const lacking = benchmarkTools.filter((tool) => spawnSync(tool, ['--version']).status !== 0);

/** Of its own: directories that a lab of the same name has left are removed. */
const name = `trials-${process.pid}`;

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'trials-'));
});
afterEach(() => rmSync(root, { recursive: true }));

/** Guest and node are this machine; `before` goes before each command in the guest. */
function world(diskCache: string | null, before: readonly string[]): BenchmarkWorld {
  const shell = new LocalShell();
  const exec = async (command: readonly string[]) => {
    const { code, stdout, stderr } = await shell.run([...before, ...command], { allowFailure: true });
    return { exitCode: code ?? 1, stdout, stderr };
  };
  return {
    shell,
    clock: { now: () => 1_900_000_000, offsetSeconds: 0, uncertaintySeconds: 0 },
    agent: () => ({ exec }),
    disk: async () => ({ cache: diskCache, format: 'raw' }),
    progress: () => undefined,
    signal: new AbortController().signal,
  };
}

async function made(
  diskCache: string | null,
  benchmarks: NonNullable<Lab['plans'][string]['benchmarks']>,
  before: readonly string[] = [],
) {
  const [guest] = testLab().guests;
  const lab = testLab({ name, guests: [guest as Guest], plans: { some: { benchmarks } } });
  const plan = registerPlan(lab, {
    ...{ run: 'run', planName: 'some', scenarios: ['benchmarks'] },
    ...{ registeredAt: '', missingApplications: [] },
  });
  const directory = new RunDirectory(join(root, 'run'));
  const faults = await collectBenchmarks(world(diskCache, before), plan, directory);
  const folder = join(root, 'run/raw/benchmarks');
  const trials = readdirSync(folder).map(
    (file): BenchmarkTrial => trialRecord.parse(JSON.parse(readFileSync(join(folder, file), 'utf8'))),
  );
  return { plan, directory, faults, trials };
}

testUnless(lacking.length > 0 ? `without ${lacking.join(', ')}` : undefined)(
  'each benchmark runs in the guest and on the node, and gives a value that is found in what the tool printed',
  async () => {
    const { plan, directory, faults, trials } = await made('none', settings);
    expect(faults).toEqual([]);
    expect(directory.hasTrial('000-wordpress')).toBe(true);
    const [trial] = analyseTrials(plan, 'kvm', trials);
    const measured = Object.entries(trial?.inGuest ?? {}).filter(([, value]) => value !== null);
    expect(measured.map(([key]) => key).sort()).toEqual([
      ...['cpuEvents', 'diskRandomRead', 'diskRandomReadP99', 'diskRandomWrite', 'diskRandomWriteP99'],
      ...['diskRandomWriteSynced', 'diskRandomWriteSyncedP99', 'diskRead', 'diskWrite', 'diskWriteSynced'],
      'memoryTriad',
    ]);
    for (const [key, value] of measured) {
      expect(value).toBeGreaterThan(0);
      expect(trial?.onNode[key]).toBeGreaterThan(0);
    }
    expect(trial?.nodeFileSystem).toMatch(/ at \//);
    expect(
      readdirSync('/var/tmp').filter((entry) => entry.startsWith(`pve-virtualization-lab.${name}.`)),
    ).toEqual([]);
  },
);

test('a disk whose flushes end in memory is not measured unless lab.yaml says so, and the file says why', async () => {
  const { trials, faults } = await made('unsafe', { ...settings, of: ['disk'] });
  expect(faults).toEqual([]);
  expect(trials).toMatchObject([{ runs: [], diskCache: 'unsafe', diskFormat: 'raw', fault: null }]);
  expect(trials[0]?.diskRefused).toMatch(/cache: none/);
  expect(refusedDisk({ cache: 'unsafe' }, 'unsafe')).toBeNull();
  expect(refusedDisk({}, 'none')).toBeNull();
});

test('a tool that is not there is the fault of its benchmark, and the others are made', async () => {
  const bin = mkdtempSync(join(root, 'bin-'));
  spawnSync('ln', ['-s', '/usr/bin/python3', bin]);
  const { trials, faults } = await made('none', { ...settings, of: ['cpu'] }, ['env', `PATH=${bin}`]);
  expect(faults).toEqual([expect.stringContaining('cpu on the guest:')]);
  expect(trials[0]?.runs).toHaveLength(2);
  expect(trials[0]?.runs[0]?.fault).toMatch(/No such file.*sysbench/);
});

test('what is not planned is not run, and what runs goes past the page cache', () => {
  const commands = benchmarkCommands({ ...settings, of: ['disk', 'network'] }, 2, '192.0.2.1');
  expect(new Set(commands.map(({ of }) => of))).toEqual(new Set(['disk', 'network']));
  for (const { of, command } of commands) {
    if (of === 'disk') expect(command).toContain('--direct=1');
  }
});

test.each([
  ['local-lvm:129/vm-129-disk-0.qcow2,cache=none,size=8G', 'none', 'qcow2'],
  ['local-lvm:9000/base-9000-disk-0.raw/129/vm-129-disk-0.qcow2,size=8G', null, 'qcow2'],
  ['fast:129/vm-129-disk-0.raw,aio=native,format=raw', null, 'raw'],
  ['lvm:vm-129-disk-0,size=8G', null, null],
])('the cache mode and format of the disk %s are read off it', (drive, cache, format) => {
  expect(diskFacts(drive)).toEqual({ cache, format });
});
