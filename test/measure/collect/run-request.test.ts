import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InputError } from '../../../config';
import type { Lab, Plan } from '../../../config/lab';
import { estimateSeconds } from '../../../measure/collect/estimate';
import { checkRequest, type RunRequest } from '../../../measure/collect/run-request';
import { RunDirectory } from '../../../measure/run/run-directory';
import { registerPlan, settingsOf } from '../../../measure/run/run-plan';
import { testLab } from './fixtures';

const root = mkdtempSync(join(tmpdir(), 'request-'));
afterAll(() => rmSync(root, { recursive: true }));

const { resources, qos, load } = testLab().plans.tiny as Required<Plan>;
const lab: Lab = testLab({
  plans: { quick: { qos }, short: { resources, qos }, paper: { resources, qos }, load: { load } },
});

function check(changes: Partial<RunRequest>) {
  const request = { lab, acceleration: null, run: 'new', resume: false, ...changes };
  return checkRequest(new RunDirectory(join(root, request.run)), request);
}

const registered = (planName: string, scenarios: readonly ('resources' | 'load')[]) =>
  registerPlan(lab, {
    run: 'old',
    planName,
    scenarios,
    registeredAt: '2026-01-01T00:00:00Z',
    missingApplications: [],
  });

describe('what is measured', () => {
  it('is all that the usual plan has where nothing else was asked for', () => {
    expect(check({})).toEqual({ planName: 'short', scenarios: ['resources', 'qos'], reader: 'scripted' });
  });

  it('is the scenario by the usual plan, or by the first that has it', () => {
    expect(check({ scenario: 'qos' })).toMatchObject({ planName: 'short', scenarios: ['qos'] });
    expect(check({ scenario: 'load' })).toMatchObject({ planName: 'load', scenarios: ['load'] });
  });

  it('is all that the named plan has', () => {
    expect(check({ planName: 'load' })).toMatchObject({ planName: 'load', scenarios: ['load'] });
  });

  it.each<[string, Partial<RunRequest>, RegExp]>([
    ['a plan that is not there', { planName: 'long' }, /no plan "long".*it has quick, short, paper, load/],
    [
      'a scenario that the plan has not',
      { planName: 'load', scenario: 'qos' },
      /"load" of lab.yaml has no qos/,
    ],
    [
      'a scenario that no plan has',
      { scenario: 'load', lab: testLab({ plans: { short: { qos } } }) },
      /no plan of lab\.yaml has load; its plans are short/,
    ],
    ['a run to be continued that is none', { run: 'none', resume: true }, /is no run/],
  ])('is refused for %s', (_, changes, message) => {
    expect(() => check(changes)).toThrow(InputError);
    expect(() => check(changes)).toThrow(message);
  });

  it('is what the run that is continued had, whatever is asked for', async () => {
    await new RunDirectory(join(root, 'old')).create(registered('load', ['load']), '');
    const continued = check({ run: 'old', resume: true, planName: 'paper', scenario: 'qos' });
    expect(continued).toEqual({ planName: 'load', scenarios: ['load'], reader: 'scripted' });
    expect(() => check({ run: 'old' })).toThrow(/is there already/);
  });
});

test('a run of another format can be reported, but not continued', async () => {
  const { formatVersion: _, ...older } = registered('load', ['load']);
  await new RunDirectory(join(root, 'older')).create({ ...older, run: 'older' }, '');
  expect(() => check({ run: 'older', resume: true })).toThrow(InputError);
  expect(() => check({ run: 'older', resume: true })).toThrow(/format 1; this one has 2.*make a new run/);
});

test('the estimate of a plan with load holds each step of each ladder', () => {
  const plan = registered('load', ['load']);
  const settings = settingsOf(plan, 'load');
  const longer = { ...plan, plan: { load: { ...settings, stepSeconds: settings.stepSeconds + 10 } } };
  const ladders = plan.ladderOrder?.length ?? 0;
  expect(ladders).toBe(3);
  // Emulated, its first rate is beyond what a guest can do; virtualised, it is not.
  expect(estimateSeconds(longer, 'tcg') - estimateSeconds(plan, 'tcg')).toBeCloseTo(10 * ladders);
  const easy = (of: typeof plan) => ({
    ...of,
    plan: { load: { ...settingsOf(of, 'load'), rates: { ...settings.rates, first: 1, steps: 3 } } },
  });
  expect(estimateSeconds(easy(longer), 'kvm') - estimateSeconds(easy(plan), 'kvm')).toBeCloseTo(
    10 * 3 * ladders,
  );
});
