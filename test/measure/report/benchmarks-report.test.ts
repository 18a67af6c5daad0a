import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { comparableMetrics } from '../../../measure/analyse/compare/comparable-metrics';
import { traceFigures } from '../../../measure/analyse/figures/trace';
import { analyse } from '../../../measure/analyse/summary';
import { report } from '../../../measure/report/write-report';
import { readRawRun } from '../../../measure/run/raw-run';
import { addInventedBenchmarks } from '../fixtures/invented-benchmarks';
import { writeInventedRun } from '../fixtures/invented-run';

jest.setTimeout(120_000);

const root = mkdtempSync(join(tmpdir(), 'benchmarks-report-'));
afterAll(() => rmSync(root, { recursive: true }));
writeInventedRun(root, { blocks: 1, sessions: 1, energy: true });
addInventedBenchmarks(root);

const environmentFile = join(root, 'raw/environment.json');
function withAcceleration(acceleration: 'kvm' | 'tcg') {
  const environment = JSON.parse(readFileSync(environmentFile, 'utf8'));
  writeFileSync(environmentFile, JSON.stringify({ ...environment, acceleration }));
  return analyse(readRawRun(root)).summary;
}

test('the ratio to the node is taken within each trial, and its median has an interval', () => {
  const ratio = withAcceleration('kvm').benchmarks[0]?.figures.cpuEventsRatio;
  expect(ratio?.repetitions).toEqual([0, 2, 4]);
  for (const [index, share] of [0.5, 0.48, 0.46].entries())
    expect(ratio?.values[index]).toBeCloseTo(share, 2);
  expect(ratio?.median).toBeCloseTo(0.48, 2);
  expect(ratio?.interval).not.toBeNull();
});

test('the triad moves three arrays in each of its passes', () => {
  const { figures } = withAcceleration('kvm').benchmarks[0] ?? {};
  const passes = (figures?.memoryTriadNode?.median ?? 0) / (3 * 64 * 1024 ** 2);
  const text = readFileSync(join(__dirname, '../fixtures/benchmarks/sysbench-triad.txt'), 'utf8');
  const [seconds, events] = [/total time:\s+([\d.]+)/, /events:\s+(\d+)/].map((each) =>
    Number(each.exec(text)?.[1]),
  );
  expect(passes).toBeCloseTo((events ?? 0) / (seconds ?? 1), 6);
});

test('steal time is that of the guest under KVM, and unknown where nothing counts it', () => {
  expect(withAcceleration('kvm').benchmarks[0]?.figures.stealPercent?.median).toBeCloseTo(5, 9);
  expect(withAcceleration('tcg').benchmarks[0]?.figures.stealPercent).toBeNull();
});

test('a disk that was refused has no figure, and the report says why', async () => {
  const [, , mediawiki] = withAcceleration('tcg').benchmarks;
  expect(mediawiki).toMatchObject({ guest: 'mediawiki', figures: { diskRead: null, diskReadRatio: null } });
  const { markdown } = await report(root);
  const text = readFileSync(markdown, 'utf8');
  expect(text).toContain('mediawiki: its disk was not measured: its disk has cache=unsafe.');
  expect(text).toContain('Benchmarks of wordpress — emulated (TCG)');
  expect(text).toContain('Steal time is not available');
  expect(text).toMatch(/moodle: none of 0.trials was made/);
});

test('the figures of guests are compared and traced to the files of their trials', () => {
  const summary = withAcceleration('kvm');
  const metrics = comparableMetrics(summary).filter(({ group }) => group === 'benchmarks of wordpress');
  expect(metrics.map(({ path }) => path)).toContain('benchmarks of wordpress/tcpToGuestRatio');
  expect(metrics.find(({ path }) => path.endsWith('/tcpToGuest'))).toMatchObject({
    ...{ name: 'TCP from client to guest', unit: 'bit/s', repetition: 'trial' },
  });
  const traced = traceFigures(readRawRun(root), summary);
  const memory = traced.find(({ path }) => path === 'benchmarks of wordpress/memoryTriad');
  expect(memory?.observations.map(({ files }) => files)).toEqual(
    [0, 2, 4].map((trial) => [`raw/benchmarks/00${trial}-wordpress.json`]),
  );
  expect(traced.some(({ path }) => path === 'trial 1/udpToClientLoss')).toBe(true);
});

test('the power of the CPU packages is shown by level with the share of each guest', async () => {
  const { resources } = withAcceleration('kvm');
  expect(resources.levels.map(({ packageWatts }) => packageWatts?.median)).toEqual([10, 15, 20, 25]);
  for (const { guests } of resources.levels) {
    for (const { packageWatts } of guests) expect(packageWatts?.median).toBeGreaterThan(0);
  }
  const { markdown } = await report(root);
  expect(readFileSync(markdown, 'utf8')).toMatch(/Power of the CPU packages \(RAPL\)/);
});

test('a node without counters of energy is said to have none, and its power is not 0', async () => {
  const bare = mkdtempSync(join(tmpdir(), 'no-energy-'));
  try {
    writeInventedRun(bare, { blocks: 1, sessions: 1 });
    const file = join(bare, 'plan.json');
    const plan = JSON.parse(readFileSync(file, 'utf8'));
    plan.plan.resources.energy = true;
    writeFileSync(file, JSON.stringify(plan));
    expect(analyse(readRawRun(bare)).summary.resources.levels[0]?.packageWatts).toBeNull();
    const { markdown } = await report(bare);
    expect(readFileSync(markdown, 'utf8')).toContain('Energy: not available.');
  } finally {
    rmSync(bare, { recursive: true });
  }
});
