import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compareRuns } from '../../../../measure/analyse/compare/compare-runs';
import { readSummaries } from '../../../../measure/analyse/compare/read-summaries';
import { analyse, type Summary } from '../../../../measure/analyse/summary';
import { comparisonReading, comparisonSentence } from '../../../../measure/report/sections/comparison';
import { renderComparison } from '../../../../measure/report/terminal/comparison-terminal';
import { readRawRun } from '../../../../measure/run/raw-run';
import { settingsOf } from '../../../../measure/run/run-plan';
import { type InventedRunOptions, writeInventedRun } from '../../fixtures/invented-run';

const root = mkdtempSync(join(tmpdir(), 'compare-runs-'));
afterAll(() => rmSync(root, { recursive: true }));

let written = 0;
function summaryOf(options: InventedRunOptions): Summary {
  const directory = join(root, String(written++));
  writeInventedRun(directory, options);
  return analyse(readRawRun(directory)).summary;
}

const five = summaryOf({ blocks: 5, sessions: 5 });
const lossy = summaryOf({ blocks: 5, sessions: 5, loseEvery: 40 });
const unchanged = compareRuns(five, five);
const metricOf = (a: Summary, b: Summary, path: string) => {
  const found = compareRuns(a, b, path.split('/')[0]).metrics.find((metric) => metric.path === path);
  if (!found) throw new Error(`no metric ${path}`);
  return found;
};

/** The summary with every page of an application slower by a factor. */
function slower(summary: Summary, factor: number): Summary {
  return {
    ...summary,
    applications: summary.applications.map((application) => {
      const load = application.pageLoadSeconds;
      if (load === null) return application;
      const values = load.values.map((value) => value * factor);
      return { ...application, pageLoadSeconds: { ...load, values, median: load.median * factor } };
    }),
  };
}

test('every distribution of summary.json is compared, each exactly once', () => {
  const count = (node: unknown): number => {
    if (typeof node !== 'object' || node === null) return 0;
    if ('median' in node && 'values' in node && 'interval' in node) return 1;
    return Object.values(node).reduce((sum: number, each) => sum + count(each), 0);
  };
  const { visits: _visits, ...resources } = five.resources;
  const { metrics } = unchanged;
  expect(metrics).toHaveLength(count(resources) + count(five.applications));
  expect(new Set(metrics.map(({ path }) => path)).size).toBe(metrics.length);
});

test('a run does not differ from itself in anything', () => {
  const comparison = unchanged;
  expect(new Set(comparison.metrics.map(({ verdict }) => verdict))).toEqual(new Set(['do not differ']));
  expect(comparison.obstacles).toEqual([]);
  expect(comparison.multiplicity.differ).toBe(0);
});

test('runs whose pages were read by different readers are not of the same thing', () => {
  const browsed = summaryOf({ blocks: 1, sessions: 1, reader: 'browser' });
  const scripted = summaryOf({ blocks: 1, sessions: 1 });
  expect(compareRuns(scripted, browsed).obstacles).toEqual([
    'pages were read by the scripted reader in A and by the browser reader in B',
  ]);
  expect(compareRuns(browsed, browsed).obstacles).toEqual([]);
  const paint = compareRuns(browsed, browsed).metrics.find(({ name }) => name === 'first contentful paint');
  expect(paint).toMatchObject({ unit: 's', repetition: 'session' });
});

test('packets that are lost in B alone are found, and only where they were lost', () => {
  const loss = metricOf(five, lossy, 'wordpress/lossPercent');
  expect(loss).toMatchObject({ verdict: 'differ', unit: '%', repetition: 'session' });
  expect(loss.effect?.difference).toBeCloseTo(lossy.applications[0]?.lossPercent?.median ?? Number.NaN, 12);
  expect(comparisonSentence(loss)).toMatch(
    /^A and B differ in wordpress, packet loss: B is higher; difference 2\.\d+ % \[/,
  );
  expect(metricOf(five, lossy, 'level 1/cpuPercent').verdict).toBe('do not differ');
});

test('sentences give difference, interval, unit and n', () => {
  expect(comparisonSentence(metricOf(five, five, 'wordpress/pageLoadSeconds'))).toMatch(
    /^A and B do not differ in wordpress, page load time: difference 0 s \[−[\d.]+, [\d.]+\], 96.%, ratio 1 \[0\.\d+, 1\.\d+\], 96.%, Cliff's delta 0, p 1 \(least possible 0\.00794\), n = 5 and 5\.$/,
  );
});

test('three repetitions each may differ, which is said with the chance that equal runs do so', () => {
  const three = summaryOf({ blocks: 3, sessions: 3 });
  const metric = metricOf(three, slower(three, 2), 'wordpress/pageLoadSeconds');
  expect(metric.verdict).toBe('undecided');
  expect(comparisonSentence(metric)).toMatch(
    /^A and B may differ .* equal runs look so in 10 of 100 comparisons\.$/,
  );
});

test('fewer than three have no interval, and it is said', () => {
  const two = summaryOf({ blocks: 2, sessions: 2 });
  const metric = metricOf(two, two, 'wordpress/pageLoadSeconds');
  expect(metric).toMatchObject({ verdict: 'too few', effect: { interval: null } });
  expect(comparisonSentence(metric)).toMatch(/too few repetitions for an interval \(n = 2 and 2/);
});

test('what one run has not measured is not compared, and never taken for 0', () => {
  const without: Summary = {
    ...five,
    applications: five.applications.map((application) => ({ ...application, lossPercent: null })),
  };
  const metric = metricOf(five, without, 'wordpress/lossPercent');
  expect(metric).toMatchObject({ verdict: 'not measured', b: null, effect: null });
  expect(comparisonSentence(metric)).toBe(
    'wordpress, packet loss: not measured in B, so there is nothing to compare.',
  );
});

test('the number of comparisons is said with the number that chance would give', () => {
  const { metrics, ...comparison } = compareRuns(five, lossy);
  const { judged, byChance } = comparison.multiplicity;
  // 8 of the 252 orders of 5 and 5 values leave 0 out of the interval.
  expect(byChance / judged).toBeCloseTo(8 / 252, 2);
  expect(comparisonReading({ ...comparison, metrics })).toContain(
    `Of ${metrics.length} metrics with an interval, ${comparison.multiplicity.differ} leave 0 out`,
  );
});

test('a run that was repeated until it was precise enough is said to have no fixed n, which p assumes', () => {
  const qos = {
    ...settingsOf(five.plan, 'qos'),
    precision: { metric: 'pageLoadSeconds', relativeWidth: 0.1 },
  } as const;
  const precise: Summary = { ...five, plan: { ...five.plan, plan: { ...five.plan.plan, qos } } };
  const warning =
    /^B repeats sessions until they are precise enough, at most 5 times: p .* assume a number of repetitions that was fixed/;
  expect(compareRuns(five, precise, 'loss').cautions).toContainEqual(expect.stringMatching(warning));
  expect(unchanged.cautions.join()).not.toContain('precise enough');
});

test('one metric can be chosen beforehand', () => {
  const { metrics } = compareRuns(five, lossy, 'Page Load');
  expect(metrics.map(({ path }) => path)).toEqual(['wordpress/pageLoadSeconds', 'mediawiki/pageLoadSeconds']);
});

describe('runs of different things are said not to be comparable, at the top', () => {
  const qos = { ...settingsOf(five.plan, 'qos'), clients: 4 };
  const plan = { ...five.plan, plan: { ...five.plan.plan, qos } };
  const guests = five.plan.lab.guests.map((guest) => ({ ...guest, memoryMiB: 2048 }));
  test.each<[string, Summary, RegExp]>([
    [
      'acceleration',
      { ...five, environment: { ...five.environment, acceleration: 'kvm' } },
      /acceleration is tcg in A and kvm in B/,
    ],
    [
      'unknown acceleration',
      { ...five, environment: { ...five.environment, acceleration: null } },
      /acceleration is tcg in A and unknown in B/,
    ],
    [
      'lab',
      { ...five, plan: { ...five.plan, lab: { ...five.plan.lab, guests } } },
      /the labs differ in guests/,
    ],
    ['plan', { ...five, plan }, /qos\.clients is 2 in A and 4 in B/],
  ])('another %s', (_, other, message) => {
    const comparison = compareRuns(five, other, 'loss');
    expect(comparison.obstacles.join()).toMatch(message);
    expect(renderComparison(comparison, false).split('\n')[1]).toMatch(/^NOT COMPARABLE: /);
  });

  test('links of another shape are no obstacle but the factor, which is said', () => {
    const shape = { rateBitsPerSecond: 8_000_000, delayMs: 20, lossPercent: 1 };
    const dropped = { toServer: 1, toClient: 2 };
    const shaped = summaryOf({ blocks: 5, sessions: 5, link: { shape, delayMadeIn: 'guest', dropped } });
    const { obstacles, cautions } = compareRuns(five, shaped, 'loss');
    expect(obstacles).toEqual([]);
    expect(cautions).toContain(
      "the factor: the clients' links are not shaped in A and 8 Mbit/s, 20 ms each way, 1 % lost each way (delay made in the guest) in B",
    );
    expect(compareRuns(shaped, shaped, 'loss').cautions.join()).not.toContain('factor');
  });

  test('disks of another format, made in another way, are no obstacle but the factor, which is said', () => {
    const { lab } = five.plan;
    const [first, ...others] = lab.guests;
    if (!first) throw new Error('no guest');
    const images = { ...lab.images, deploy: 'full-clone' as const, templateVmid: 9000 };
    const guests = [{ ...first, format: 'raw' as const, cache: 'none' as const }, ...others];
    const raw = { ...five, plan: { ...five.plan, lab: { ...lab, images, guests } } };
    const { obstacles, cautions } = compareRuns(five, raw, 'loss');
    expect(obstacles).toEqual([]);
    expect(cautions).toContain(
      `the factor: the disk of ${first.name} (as the node has it) in A and of ${first.name} (cache none, format raw) in B`,
    );
    expect(cautions).toContain('the factor: disks by import in A and by full-clone in B');
  });

  test('more repetitions are no obstacle, but said', () => {
    const { obstacles, cautions } = compareRuns(five, summaryOf({ blocks: 5, sessions: 4 }), 'loss');
    expect(obstacles).toEqual([]);
    expect(cautions.join()).toMatch(/qos\.sessions is 5 in A and 4 in B/);
  });
});

test('the faults of both runs are in one error', () => {
  expect(() => readSummaries([join(root, 'none'), join(root, 'neither')])).toThrow(
    /none: there is no such run\n.*neither: there is no such run/,
  );
});

/** The run of other guests, of the same figures. */
function ranBy(
  summary: Summary,
  kind: Summary['plan']['lab']['guests'][number]['kind'],
  acceleration: Summary['environment']['acceleration'],
): Summary {
  const { lab } = summary.plan;
  const guests = lab.guests.map((guest) => ({ ...guest, kind }));
  return {
    ...summary,
    environment: { ...summary.environment, acceleration },
    plan: { ...summary.plan, lab: { ...lab, guests } },
  };
}

test('containers beside virtual machines of KVM are two sides of a factor', () => {
  const [machines, containers] = [ranBy(five, 'vm', 'kvm'), ranBy(five, 'container', 'native')];
  const { obstacles, cautions, metrics } = compareRuns(machines, containers);
  expect(obstacles).toEqual([]);
  expect(cautions).toContain('the factor: the guests are virtual machines in A and containers in B');
  expect(new Set(metrics.map(({ verdict }) => verdict))).toEqual(new Set(['do not differ']));
});

test('beside emulated guests, CPU and times of native ones are not compared, and memory and loss are', () => {
  const [emulated, native] = [ranBy(five, 'vm', 'tcg'), ranBy(five, 'container', 'native')];
  const { obstacles, metrics } = compareRuns(emulated, native);
  expect(obstacles).toEqual(['acceleration is tcg in A and native in B']);
  const verdicts = new Map(metrics.map(({ path, verdict }) => [path, verdict]));
  expect(verdicts.get('level 2/cpuPercent')).toBe('not comparable');
  expect(verdicts.get('wordpress/pageLoadSeconds')).toBe('not comparable');
  expect(verdicts.get('level 2/memoryUsedBytes')).toBe('do not differ');
  const [refused] = metrics.filter(({ verdict }) => verdict === 'not comparable');
  expect(refused && comparisonSentence(refused)).toMatch(
    /: not compared \(.*emulated in A: CPU and times are the emulator's there\)\.$/,
  );
});
