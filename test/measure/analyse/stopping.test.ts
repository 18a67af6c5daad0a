import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FaultyFileError } from '../../../config/faulty-file';
import { parseLab } from '../../../config/lab-file';
import { LiveLine } from '../../../machine/live-line';
import { firstLook } from '../../../measure/analyse/statistics/median-interval';
import { applicationIsEnough, levelIsEnough } from '../../../measure/analyse/stopping';
import { analyse } from '../../../measure/analyse/summary';
import { mayStopEarly } from '../../../measure/collect/estimate';
import { Progress } from '../../../measure/collect/progress';
import { collectResources } from '../../../measure/collect/resources/resources';
import type { RunPlan } from '../../../measure/run/raw-data';
import { readRawRun } from '../../../measure/run/raw-run';
import { RunDirectory } from '../../../measure/run/run-directory';
import { settingsOf } from '../../../measure/run/run-plan';
import { writeInventedRun } from '../fixtures/invented-run';

const root = mkdtempSync(join(tmpdir(), 'stopping-'));
afterAll(() => rmSync(root, { recursive: true }));
writeInventedRun(root, { blocks: 6, sessions: 6 });
const raw = readRawRun(root);
const sessions = raw.sessions.map(({ session }) => session);

function withPrecision(relativeWidth: number): RunPlan {
  const resources = settingsOf(raw.plan, 'resources');
  const qos = settingsOf(raw.plan, 'qos');
  return {
    ...raw.plan,
    plan: {
      resources: { ...resources, precision: { metric: 'memoryUsedBytes', relativeWidth } },
      qos: { ...qos, precision: { metric: 'pageLoadSeconds', relativeWidth } },
    },
  };
}

test('without a rule no level and no application is ever enough', () => {
  expect(levelIsEnough(raw.plan, raw.visits, 1)).toBe(false);
  expect(applicationIsEnough(raw.plan, sessions, 'wordpress')).toBe(false);
});

test('a level or an application is enough when its own interval is narrow, and not before', () => {
  expect(levelIsEnough(withPrecision(0.2), raw.visits, 1)).toBe(true);
  expect(levelIsEnough(withPrecision(0.0001), raw.visits, 1)).toBe(false);
  expect(levelIsEnough(withPrecision(0.2), raw.visits.slice(0, -4), 1)).toBe(false);
  expect(applicationIsEnough(withPrecision(1), sessions, 'wordpress')).toBe(true);
  expect(applicationIsEnough(withPrecision(0.0001), sessions, 'wordpress')).toBe(false);
});

test('what ended with a fault counts for nothing', () => {
  const [first, ...others] = raw.visits.filter(({ level }) => level === 1);
  if (!first) throw new Error('no visit');
  expect(levelIsEnough(withPrecision(0.2), [{ ...first, fault: 'cut off' }, ...others], 1)).toBe(false);
});

test('the summary says which levels and applications were stopped', () => {
  const { summary } = analyse({ ...raw, plan: withPrecision(1) });
  expect(summary.progress.map(({ what }) => what)).toEqual(
    expect.arrayContaining([
      'visits with 1 running guest, at most (stopped when precise enough)',
      'sessions with wordpress, at most (stopped when precise enough)',
    ]),
  );
});

test('the rule is asked of the files of its own level or application alone', () => {
  const own = new RunDirectory(join(root, 'own'));
  writeInventedRun(own.path, { blocks: 6, sessions: 6 });
  for (const other of ['raw/environment.json', 'raw/qos/000-mediawiki/session.json']) {
    writeFileSync(join(own.path, other), '{}');
  }
  const isOf = (level: number) => (visit: { readonly level: number }) => visit.level === level;
  expect(own.visitsOf(raw.plan, 1)).toEqual(raw.visits.filter(isOf(1)));
  expect(own.sessionsOf(raw.plan, 'wordpress')).toEqual(
    sessions.filter(({ guest }) => guest === 'wordpress'),
  );
  expect(own.sessionsOf(raw.plan, 'moodle')).toEqual([]);
});

test('with a rule the estimated time is said to be the most', () => {
  const said: string[] = [];
  for (const plan of [raw.plan, withPrecision(0.2)]) {
    const estimate = { seconds: 600, isMost: mayStopEarly(plan) };
    const output = { isTTY: false, columns: 80, write: (text: string) => said.push(text.trimEnd()) > 0 };
    const progress = new Progress(new LiveLine(output), () => 0);
    progress.begin(estimate);
    progress.say('begun');
    progress.end();
  }
  expect(said).toEqual(['[0:00 of about 10:00] begun', '[0:00 of at most about 10:00] begun']);
});

test('no visit is made of a level that is precise enough', async () => {
  const said: string[] = [];
  const never = (): never => {
    throw new Error('the world must not be touched');
  };
  const world = new Proxy(
    {
      signal: new AbortController().signal,
      progress: (text: string) => said.push(text),
      isEnough: () => true,
      journal: undefined,
    },
    { get: (target, key) => (key in target ? Reflect.get(target, key) : never()) },
  );
  const directory = { hasVisit: () => false, saveVisit: never } as unknown as RunDirectory;
  const faults = await collectResources(world as never, raw.plan, directory);
  expect(faults).toEqual([]);
  expect(said).toHaveLength(raw.plan.levelOrder.flat().length);
  expect(said[0]).toMatch(/^level \d: precise enough, no further visit$/);
});

describe('precision in lab.yaml', () => {
  const text = readFileSync(join(__dirname, '../../../lab.yaml'), 'utf8');
  const edited = (blocks: number, metric: string) =>
    text.replace(
      /resources: \{ blocks: 5,/,
      `resources: { blocks: ${blocks}, precision: { metric: ${metric}, relativeWidth: 0.05 },`,
    );

  test('is part of the plan', () => {
    const { plans } = parseLab(edited(7, 'cpuPercent'), 'lab.yaml');
    expect(plans.paper?.resources?.precision).toEqual({ metric: 'cpuPercent', relativeWidth: 0.05 });
    expect(plans.short?.resources).not.toHaveProperty('precision');
  });

  test('needs more repetitions than those after which it is first asked', () => {
    expect([6, 7].map((most) => firstLook(most) < most)).toEqual([false, true]);
    expect(() => parseLab(edited(6, 'cpuPercent'), 'lab.yaml')).toThrow(/leave nothing to stop/);
  });

  test('knows the metrics that it can be about', () => {
    expect(() => parseLab(edited(10, 'happiness'), 'lab.yaml')).toThrow(FaultyFileError);
  });
});
