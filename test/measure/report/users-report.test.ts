import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { comparableMetrics } from '../../../measure/analyse/compare/comparable-metrics';
import { traceFigures } from '../../../measure/analyse/figures/trace';
import { kneeOf } from '../../../measure/analyse/load/user-step';
import { analyse, type Summary } from '../../../measure/analyse/summary';
import { usersBlocks } from '../../../measure/report/sections/users-blocks';
import { report } from '../../../measure/report/write-report';
import type { RunPlan, UserStep } from '../../../measure/run/raw-data';
import { readRawRun } from '../../../measure/run/raw-run';
import { addInventedLoad } from '../fixtures/invented-load';
import { writeInventedRun } from '../fixtures/invented-run';
import { answered } from '../fixtures/simulated-load';

jest.setTimeout(120_000);

const numbers = [1, 2, 5, 10, 20];
const service = 0.25;
const think = 1;

/** Users whose throughput lies on the asymptotes: they meet at (S + Z) / S = 5 users. */
function step(users: number, startedAt: number): UserStep {
  const rate = Math.min(users / (service + think), 1 / service);
  const response = users / rate - think;
  const requests = Array.from({ length: Math.round(60 * rate) }, (_, index) => {
    const end = startedAt + index / rate;
    return answered(end - response, end);
  });
  const timing = { thinkSeconds: think, startedAt, seconds: 60, warmUp: [], generatorCpuSeconds: 1 };
  return { users, requests, ...timing };
}

describe('a run with a closed loop of users', () => {
  const root = mkdtempSync(join(tmpdir(), 'users-report-'));
  afterAll(() => rmSync(root, { recursive: true }));
  beforeAll(() => {
    writeInventedRun(root, { blocks: 1, sessions: 1 });
    for (const [index, ladder] of addInventedLoad(root).entries()) {
      const file = join(root, 'raw/load', `${String(index).padStart(3, '0')}-${ladder.guest}.json`);
      const userSteps = numbers.map((users, at) => step(users, ladder.endedAt + 100 * at));
      const endedAt = ladder.endedAt + 100 * numbers.length;
      writeFileSync(file, JSON.stringify({ ...ladder, userSteps, endedAt }));
    }
    const plan = JSON.parse(readFileSync(join(root, 'plan.json'), 'utf8')) as RunPlan;
    const load = { ...plan.plan.load, users: numbers, thinkSeconds: think };
    writeFileSync(join(root, 'plan.json'), JSON.stringify({ ...plan, plan: { ...plan.plan, load } }));
  });

  it('has the knee, throughput and response time of each application', () => {
    const { summary, samples } = analyse(readRawRun(root));
    const wordpress = summary.load.find(({ guest }) => guest === 'wordpress');
    expect(wordpress?.kneeUsers?.median).toBeCloseTo(5, 0);
    expect(
      wordpress?.users?.map(({ users, answeredPerSecond }) => [users, answeredPerSecond?.median]),
    ).toEqual(
      numbers.map((users) => [users, expect.closeTo(Math.min(users / (service + think), 1 / service), 0)]),
    );
    expect(wordpress?.users?.at(-1)?.meanSeconds?.median).toBeCloseTo(20 * service - think, 2);
    expect(
      samples.filter(({ part, metric }) => part === '20 users' && metric === 'throughput of users'),
    ).toHaveLength(6);
  });

  it('shows, traces and compares them', async () => {
    const files = await report(root);
    const text = readFileSync(files.markdown, 'utf8');
    expect(text).toMatch(/wordpress has its knee at 5(\.\d+)?\susers \(median of the ladders\)/);
    expect(readFileSync(files.html, 'utf8')).toMatch(/wordpress: throughput by users/);
    expect(text).toMatch(/coordinated omission/);
    const raw = readRawRun(root);
    const { summary } = analyse(raw);
    const traced = traceFigures(raw, summary).find(({ path }) => path === 'load on wordpress/kneeUsers');
    expect(traced?.observations.map(({ files: of }) => of)).toContainEqual(['raw/load/000-wordpress.json']);
    const compared = comparableMetrics(summary).map(({ path }) => path);
    expect(compared).toContain('load on wordpress/kneeUsers');
  });
});

it('a knee beyond the most users that were tried is not found', () => {
  const steps = [1, 2].map((users) => ({
    users,
    thinkSeconds: think,
    startedAt: 0,
    requests: 9,
    failed: 0,
    answeredPerSecond: users / (service + think),
    meanSeconds: service,
    medianSeconds: service,
    p95Seconds: service,
  }));
  expect(kneeOf(steps)).toBeNull();
});

it('the knee of a single ladder is not called a median', () => {
  const none = { answeredPerSecond: null, meanSeconds: null, medianSeconds: null, p95Seconds: null };
  const users = [{ users: 1, thinkSeconds: think, ladders: 1, ...none }];
  const load = [{ guest: 'wordpress', users, kneeUsers: { median: 5 } }];
  const [, list] = usersBlocks({ load, label: null } as unknown as Summary);
  expect(list).toMatchObject({ items: [expect.stringMatching(/has its knee at .* \(one ladder\)/)] });
});
