import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { analyse, type Summary } from '../../../measure/analyse/summary';
import { benchmarksSections } from '../../../measure/report/sections/benchmarks-section';
import { readRawRun } from '../../../measure/run/raw-run';
import { addInventedBenchmarks } from '../fixtures/invented-benchmarks';
import { writeInventedRun } from '../fixtures/invented-run';

const root = mkdtempSync(join(tmpdir(), 'disk-formats-'));
afterAll(() => rmSync(root, { recursive: true }));
writeInventedRun(root, { blocks: 1, sessions: 1 });
addInventedBenchmarks(root);
const { summary } = analyse(readRawRun(root));

/** The first guest, which was measured, twice: with disks of these formats. */
function withFormats(...formats: readonly (string | null)[]): Summary {
  const [measured] = summary.benchmarks;
  if (!measured) throw new Error('no benchmarks');
  return {
    ...summary,
    benchmarks: formats.map((diskFormat, index) => ({ ...measured, guest: `guest${index}`, diskFormat })),
  };
}
const shown = (of: Summary) => JSON.stringify(benchmarksSections(of));

test('disks of different formats stand side by side, each named by its format and guest', () => {
  const text = shown(withFormats('qcow2', 'raw'));
  expect(text).toContain('Disks by their format');
  expect(text).toMatch(/"head":\["Benchmark","qcow2 \(guest0\)","raw \(guest1\)"\]/);
  expect(text).toContain('guest1: its disk is raw and has the cache mode none on the node.');
});

test('disks of one format need no table of their own, and a run of before says nothing of formats', () => {
  expect(shown(withFormats('raw', 'raw'))).not.toContain('Disks by their format');
  const before = shown(withFormats(null, null));
  expect(before).not.toContain('Disks by their format');
  expect(before).toContain('guest0: its disk has the cache mode none on the node.');
});
