import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseHTML } from 'linkedom';
import { comparableMetrics } from '../../../measure/analyse/compare/comparable-metrics';
import { compareRuns } from '../../../measure/analyse/compare/compare-runs';
import { traceFigures } from '../../../measure/analyse/figures/trace';
import type { ApplicationLoad } from '../../../measure/analyse/load/load';
import { type Analysis, analyse } from '../../../measure/analyse/summary';
import { comparisonSentence } from '../../../measure/report/sections/comparison';
import { loadFinding } from '../../../measure/report/sections/load-section';
import { renderTerminal } from '../../../measure/report/terminal/terminal';
import { report } from '../../../measure/report/write-report';
import type { LoadLadder } from '../../../measure/run/raw-data';
import { RawDataFault, readRawRun } from '../../../measure/run/raw-run';
import { addInventedLoad, inventedLoadPlan } from '../fixtures/invented-load';
import { writeInventedRun } from '../fixtures/invented-run';

jest.setTimeout(120_000);

const root = mkdtempSync(join(tmpdir(), 'load-report-'));
afterAll(() => rmSync(root, { recursive: true }));
writeInventedRun(root, { blocks: 1, sessions: 1 });
addInventedLoad(root);

let analysis: Analysis;
let html: string;
let markdown: string;
beforeAll(async () => {
  analysis = analyse(readRawRun(root));
  const files = await report(root);
  html = readFileSync(files.html, 'utf8');
  markdown = readFileSync(files.markdown, 'utf8');
});

const of = (guest: string): ApplicationLoad => {
  const found = analysis.summary.load.find((application) => application.guest === guest);
  if (found === undefined) throw new Error(`no load on ${guest}`);
  return found;
};

describe('the bracket of an application', () => {
  test('holds its capacity in every ladder, and its ends are the medians of the ladders', () => {
    for (const guest of ['wordpress', 'mediawiki']) {
      const { keptUpPerSecond, notKeptUpPerSecond, ladders } = of(guest);
      expect(ladders).toBe(3);
      const numbers = keptUpPerSecond?.repetitions ?? [];
      expect(numbers).toEqual(guest === 'wordpress' ? [0, 2, 4] : [1, 3, 5]);
      for (const [index, ladder] of numbers.entries()) {
        const capacity = 1 / ((guest === 'wordpress' ? 0.35 : 0.8) + 0.02 * ladder);
        expect(keptUpPerSecond?.values[index]).toBeLessThan(capacity);
        expect(notKeptUpPerSecond?.values[index]).toBeGreaterThan(capacity * 0.7);
        expect(notKeptUpPerSecond?.values[index]).toBeGreaterThan(keptUpPerSecond?.values[index] ?? 0);
      }
    }
  });

  test('is said in a plain sentence, in the summary and on the terminal too', () => {
    const sentence = `wordpress ${loadFinding(of('wordpress'))}`;
    expect(sentence).toMatch(/^wordpress kept up with .* and no longer with .* \(medians of 3.ladders\)$/);
    const { document } = parseHTML(html);
    expect(document.querySelector('#summary')?.textContent).toContain(`Load: ${sentence}.`);
    expect(document.querySelector('#load')?.textContent).toContain(sentence);
    expect(renderTerminal(analysis.summary, false)).toContain(`Load: ${sentence}`);
    expect(loadFinding(of('moodle'))).toMatch(/^took no part: its application is not installed \(its source/);
  });

  test('has no median where a ladder has no such end, which is said instead', () => {
    const some = { ...of('wordpress'), keptUpPerSecond: null, laddersBelow: 1 };
    expect(loadFinding(some)).toBe(
      'did not keep up even with the first rate, 0.250\u00a0requests/s in 1 of 3\u00a0ladders',
    );
    const all = { ...of('wordpress'), notKeptUpPerSecond: null, laddersAbove: 3 };
    expect(loadFinding(all)).toBe(
      'kept up with every rate offered, up to 4\u00a0requests/s: where it stops lies beyond',
    );
  });
});

test('every step of every ladder is in the report, in a table and in samples.csv', () => {
  const { document } = parseHTML(html);
  const steps = analysis.summary.ladders.flatMap((ladder) => ladder.steps);
  expect(steps.length).toBeGreaterThan(20);
  const table = [...document.querySelectorAll('#load table')].at(-1);
  expect(table?.querySelectorAll('tbody tr')).toHaveLength(steps.length);
  const offered = analysis.samples.filter(({ metric }) => metric === 'offered rate');
  expect(offered.map(({ value }) => value)).toEqual(steps.map(({ offeredPerSecond }) => offeredPerSecond));
});

test('charts, their tables and their labels are there, and no value that is no number', () => {
  const { document } = parseHTML(html);
  expect(document.querySelectorAll('#load figure svg')).toHaveLength(4);
  for (const title of document.querySelectorAll('#load h3, #load caption')) {
    expect(title.textContent).toContain('emulated (TCG)');
  }
  expect(html).not.toMatch(/NaN|undefined|Infinity|\[object/);
  expect(markdown).toMatch(/\| 0\.250.requests\/s \| 3 of 3 \|/);
});

test('a run without load has no section of it', () => {
  const plain = join(root, 'plain');
  writeInventedRun(plain, { blocks: 1, sessions: 1 });
  const { summary } = analyse(readRawRun(plain));
  expect(summary).toMatchObject({ load: [], ladders: [] });
});

test('a run of load alone can be reported, and is not laid beside the paper', async () => {
  const directory = join(root, 'alone');
  writeInventedRun(directory, { blocks: 1, sessions: 1 });
  addInventedLoad(directory);
  for (const scenario of ['resources', 'qos']) rmSync(join(directory, 'raw', scenario), { recursive: true });
  const { plan } = analysis.summary;
  const alone = {
    ...plan,
    plan: { load: inventedLoadPlan },
    scenarios: ['load'],
    levelOrder: [],
    sessionOrder: [],
  };
  writeFileSync(join(directory, 'plan.json'), JSON.stringify(alone));
  const { document } = parseHTML(readFileSync((await report(directory)).html, 'utf8'));
  const sections = [...document.querySelectorAll('section')].map(({ id }) => id);
  expect(sections).toContain('load');
  expect(sections).not.toContain('paper');
  expect(document.querySelector('#progress')?.textContent).toContain('as registered');
  expect(document.body.textContent).not.toMatch(/NaN|undefined|no measurements/);
});

test('a ladder with a fault is in no median, but its steps are shown with the fault', () => {
  const { ladders, plan } = analysis.summary;
  const directory = join(root, 'faulted');
  writeInventedRun(directory, { blocks: 1, sessions: 1 });
  const [first] = addInventedLoad(directory);
  const file = join(directory, 'raw/load/000-wordpress.json');
  writeFileSync(file, JSON.stringify({ ...first, fault: 'interrupted' } satisfies Partial<LoadLadder>));
  const { summary } = analyse(readRawRun(directory));
  expect(summary.load.find(({ guest }) => guest === 'wordpress')?.keptUpPerSecond?.n).toBe(2);
  expect(summary.faults).toContain('ladder 0 of load (wordpress): interrupted');
  expect(summary.ladders[0]).toMatchObject({ keptUpPerSecond: null, notKeptUpPerSecond: null });
  expect(summary.ladders[0]?.steps).toEqual(ladders[0]?.steps);
  expect(summary.progress).toContainEqual({ what: 'ladders of load on wordpress', planned: 3, done: 2 });
  expect(plan.plan.load).toEqual(inventedLoadPlan);
});

test('a broken file of a ladder is named with its field', () => {
  const directory = join(root, 'broken');
  writeInventedRun(directory, { blocks: 1, sessions: 1 });
  addInventedLoad(directory);
  writeFileSync(join(directory, 'raw/load/001-mediawiki.json'), '{"ladder": 1}');
  expect(() => readRawRun(directory)).toThrow(RawDataFault);
  expect(() => readRawRun(directory)).toThrow(/001-mediawiki\.json: steps: /);
});

test('runs are compared by both ends of the bracket, and every figure can be traced to the ladders', () => {
  const paths = comparableMetrics(analysis.summary).map(({ path }) => path);
  expect(paths.filter((path) => path.startsWith('load on '))).toEqual([
    'load on wordpress/keptUpPerSecond',
    'load on wordpress/notKeptUpPerSecond',
    'load on mediawiki/keptUpPerSecond',
    'load on mediawiki/notKeptUpPerSecond',
  ]);
  const { metrics } = compareRuns(analysis.summary, analysis.summary, 'rate kept up');
  expect(metrics.map(({ name, unit }) => [name, unit])).toContainEqual(['highest rate kept up with', '1/s']);
  const [metric] = metrics;
  if (metric === undefined) throw new Error('no metric');
  expect(comparisonSentence(metric)).toMatch(/^A and B do not differ in load on wordpress.*requests\/s/);

  const traced = traceFigures(readRawRun(root), analysis.summary);
  const figure = traced.find(({ path }) => path === 'load on wordpress/keptUpPerSecond');
  expect(figure?.observations.map(({ repetition, files }) => [repetition, ...files])).toEqual([
    ['ladder 0', 'raw/load/000-wordpress.json'],
    ['ladder 2', 'raw/load/002-wordpress.json'],
    ['ladder 4', 'raw/load/004-wordpress.json'],
  ]);
  const p95 = traced.filter(({ path }) => /^ladder 0\/steps\/.*\/p95Seconds$/.test(path));
  expect(p95.map(({ value }) => value)).toEqual(
    analysis.summary.ladders[0]?.steps.map(({ p95Seconds }) => p95Seconds),
  );
});
