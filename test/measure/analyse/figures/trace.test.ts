import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { median } from 'simple-statistics';
import { comparableMetrics } from '../../../../measure/analyse/compare/comparable-metrics';
import { leavesOf } from '../../../../measure/analyse/figures/leaves';
import { type TracedFigure, traceFigures } from '../../../../measure/analyse/figures/trace';
import { traceRun } from '../../../../measure/analyse/figures/trace-run';
import { analyse } from '../../../../measure/analyse/summary';
import { readRawRun } from '../../../../measure/run/raw-run';
import { addInventedBenchmarks } from '../../fixtures/invented-benchmarks';
import { addInventedLoad } from '../../fixtures/invented-load';
import { writeInventedRun } from '../../fixtures/invented-run';

const root = mkdtempSync(join(tmpdir(), 'trace-'));
afterAll(() => rmSync(root, { recursive: true }));
writeInventedRun(root, { loseEvery: 40, reader: 'browser', energy: true });
addInventedLoad(root);
addInventedBenchmarks(root);
const faulted = join(root, 'raw/resources/006-level3.json');
writeFileSync(
  faulted,
  JSON.stringify({ ...JSON.parse(readFileSync(faulted, 'utf8')), fault: 'wordpress went away' }),
);
const raw = readRawRun(root);
const { summary } = analyse(raw);
const figures = traceFigures(raw, summary);
const byPath = new Map(figures.map((figure) => [figure.path, figure]));

function figure(path: string): TracedFigure {
  const found = byPath.get(path);
  if (found === undefined) throw new Error(`no figure ${path}`);
  return found;
}

const valuesOf = ({ observations }: TracedFigure): readonly number[] =>
  observations.map(({ value }) => value).filter((value) => value !== null);

/** Numbers that name, count or place the repetitions themselves, which the list of observations shows. */
const ofRepetitions =
  /\/(visit|visits|block|level|session|sessions|plannedSessions|transientVisits|disturbedVisits|ladder|ladders|laddersKeptUp|startedAt|intendedAt|page)$|\/verdicts\/|\/rates\/[^/]+\/ratePerSecond$/;

test('every number among the results is a figure that can be traced', () => {
  const isNumber = (node: unknown): node is number => typeof node === 'number';
  const { levels, visits } = summary.resources;
  const numbers = [
    ...levels.flatMap((level) => leavesOf(level, isNumber, [`level ${level.level}`])),
    ...summary.applications.flatMap((each) => leavesOf(each, isNumber, [each.guest])),
    ...visits.flatMap((visit) => leavesOf(visit, isNumber, [`visit ${visit.visit}`])),
    ...summary.sessions.flatMap((session) => leavesOf(session, isNumber, [`session ${session.session}`])),
    ...summary.ladders.flatMap((ladder) => leavesOf(ladder, isNumber, [`ladder ${ladder.ladder}`])),
    ...summary.load.flatMap(({ guest, rates }) => leavesOf({ rates }, isNumber, [`load on ${guest}`])),
  ].filter(({ path }) => !ofRepetitions.test(path.join('/')));
  const untraced = numbers.filter(
    ({ path }) => !path.some((_, end) => byPath.has(path.slice(0, end + 1).join('/'))),
  );
  expect(numbers.length).toBeGreaterThan(1000);
  expect(byPath.size).toBe(figures.length);
  expect(untraced.map(({ path }) => path.join('/'))).toEqual([]);
});

test('every metric that runs are compared by is there under the same name, and is the median of its observations', () => {
  const metrics = comparableMetrics(summary);
  expect(metrics.length).toBeGreaterThan(100);
  for (const { path, group, name, unit, values } of metrics) {
    const traced = figure(path);
    expect(traced).toMatchObject({ group, name, unit, statistic: 'median', interval: values?.interval });
    expect(valuesOf(traced)).toEqual(values?.values);
    expect(median([...valuesOf(traced)])).toBe(traced.value);
  }
});

test('sums and extremes are those of their observations', () => {
  const of = {
    sum: (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0),
    largest: (values: readonly number[]) => Math.max(...values),
    smallest: (values: readonly number[]) => Math.min(...values),
  };
  const counts = figures.filter(({ statistic, value }) => statistic in of && value !== null);
  expect(new Set(counts.map(({ statistic }) => statistic))).toEqual(new Set(Object.keys(of)));
  for (const each of counts) expect(of[each.statistic as keyof typeof of](valuesOf(each))).toBe(each.value);
  expect(valuesOf(figure('wordpress/packetsLost'))).toEqual([4, 4, 4]);
});

test('the value of a level in one visit is the value of that visit', () => {
  for (const path of ['level 2/cpuPercent', 'level 3/guests/moodle/residentBytes', 'level 1/loadAverage/0']) {
    const [, ...inside] = path.split('/');
    const { observations } = figure(path);
    expect(observations).toHaveLength(3);
    for (const { repetition, value } of observations) {
      expect(figure([repetition, ...inside].join('/')).value).toBe(value);
    }
  }
});

test('files and fields of every observation are in the run', () => {
  const parsed = new Map<string, unknown>();
  const read = (file: string): unknown => {
    if (!parsed.has(file)) parsed.set(file, JSON.parse(readFileSync(join(root, file), 'utf8')));
    return parsed.get(file);
  };
  const has = (node: unknown, [key, ...rest]: readonly string[]): boolean => {
    if (key === undefined) return node !== undefined;
    // Where no guest runs or nothing was changed, the list is empty.
    if (key === '*')
      return Array.isArray(node) && (node.length === 0 || node.some((item) => has(item, rest)));
    return typeof node === 'object' && node !== null && has((node as Record<string, unknown>)[key], rest);
  };
  const seen = new Set<string>();
  for (const { path, rule, observations } of figures) {
    for (const { files } of observations) {
      // A step between levels is made of the two visits of a block.
      expect(files).toHaveLength(path.startsWith('step ') ? 2 : 1 + rule.captures.length);
      for (const field of rule.fields) {
        const place = `${files[0]} ${field}`;
        if (seen.has(place)) continue;
        seen.add(place);
        const keys = field.replaceAll('[0]', '.0').replaceAll('[]', '.*').split('.');
        expect([place, has(read(files[0] ?? ''), keys)]).toEqual([place, true]);
      }
    }
  }
  expect(seen.size).toBeGreaterThan(100);
});

test('what is wrong with a repetition stands at its value', () => {
  const marks = (path: string, repetition: string) =>
    figure(path).observations.find((each) => each.repetition === repetition)?.marks;
  expect(marks('level 1/cpuPercent', 'visit 2')).toContain('transient');
  expect(marks('level 3/cpuPercent', 'visit 6')).toContain('fault: wordpress went away');
  expect(marks('level 3/cpuPercent', 'visit 1')).not.toContain('transient');
});

test('a figure that was not measured is listed as such, with the visits that lack it', () => {
  const { value, observations } = figure('level 2/ksmSharedBytes');
  expect(value).toBeNull();
  expect(observations.map((each) => each.value)).toEqual([null, null, null]);
  expect(figure('moodle/lossPercent')).toMatchObject({ value: null, observations: [] });
});

test('a figure is found by its path, its beginning, or a part of its name', () => {
  const paths = (wanted: string) => traceRun(root, wanted).map(({ path }) => path);
  expect(paths('Level 2/cpuPercent')).toEqual(['level 2/cpuPercent']);
  expect(paths('wordpress/pagesByClass')).toHaveLength(3);
  expect(paths('packet loss')).toEqual([
    'wordpress/lossPercent',
    'moodle/lossPercent',
    'mediawiki/lossPercent',
  ]);
  expect(paths('happiness')).toEqual([]);
});

test('npm run trace prints value, rule and each file with its SHA-256', () => {
  const bootstrap = resolve(__dirname, '../../../../commands/bootstrap.mjs');
  const output = execFileSync(process.execPath, [bootstrap, 'trace', root, 'wordpress/lossPercent'], {
    encoding: 'utf8',
  });
  expect(output).toContain(`wordpress/lossPercent: ${figure('wordpress/lossPercent').value} %`);
  expect(output).toContain('median, n = 3; [2.5, 2.5] holds the true median in 75\u00a0% of cases');
  const file = 'raw/qos/001-wordpress/server.pcap';
  const sha256 = createHash('sha256')
    .update(readFileSync(join(root, file)))
    .digest('hex');
  expect(output).toContain(`${file}  ${sha256}`);
});
