import { pagesToVisit, thinkTimes } from '../../../measure/collect/sessions/reader';
import { seededRandom } from '../../../measure/run/random';
import {
  guestsAtLevel,
  ladderNames,
  registerPlan,
  sessionNames,
  visitNames,
} from '../../../measure/run/run-plan';
import { testLab } from '../collect/fixtures';

const request = {
  run: 'r',
  planName: 'tiny',
  scenarios: ['resources', 'qos'],
  registeredAt: '2026-01-01T00:00:00Z',
  missingApplications: [{ guest: 'moodle', reason: 'no source' }],
} as const;

describe('the plan of a run', () => {
  it('is the same for the same seed and another one for another seed', () => {
    expect(registerPlan(testLab(), request)).toEqual(registerPlan(testLab(), request));
    const orders = [1, 2, 3, 4, 5].map((seed) =>
      JSON.stringify(registerPlan(testLab({ seed }), request).levelOrder),
    );
    expect(new Set(orders).size).toBeGreaterThan(1);
  });

  it('visits every level exactly once in every block', () => {
    const { levelOrder } = registerPlan(testLab(), request);
    expect(levelOrder).toHaveLength(2);
    for (const block of levelOrder) expect([...block].sort()).toEqual([0, 1, 2, 3]);
  });

  it('leaves guests without their application out of the sessions, with the reason', () => {
    const plan = registerPlan(testLab(), request);
    expect([...plan.sessionOrder].sort()).toEqual(['mediawiki', 'wordpress']);
    expect(plan.missingApplications).toEqual([{ guest: 'moodle', reason: 'no source' }]);
  });

  it('says what reads the pages, a script unless asked otherwise', () => {
    expect(registerPlan(testLab(), request).reader).toBe('scripted');
    expect(registerPlan(testLab(), { ...request, reader: 'browser' }).reader).toBe('browser');
  });

  it('names visits and sessions in the order in which they are made', () => {
    const plan = { ...registerPlan(testLab(), request), levelOrder: [[2, 0]], sessionOrder: ['b', 'a'] };
    expect(visitNames(plan)).toEqual([
      { name: '000-level2', block: 0, level: 2 },
      { name: '001-level0', block: 0, level: 0 },
    ]);
    expect(sessionNames(plan).map(({ name }) => name)).toEqual(['000-b', '001-a']);
  });

  it('refuses a plan that lab.yaml does not have, naming those it has', () => {
    expect(() => registerPlan(testLab(), { ...request, planName: 'long' })).toThrow(
      'there is no plan "long" in lab.yaml; it has tiny',
    );
  });

  it('holds nothing of a scenario that its plan does not have, and refuses to measure it', () => {
    const { load } = testLab().plans.tiny ?? {};
    const lab = testLab({ plans: { load: { load } } });
    const plan = registerPlan(lab, { ...request, planName: 'load', scenarios: ['load'] });
    expect(plan).toMatchObject({ levelOrder: [], sessionOrder: [] });
    expect(
      ladderNames(plan)
        .map(({ guest }) => guest)
        .sort(),
    ).toEqual(['mediawiki', 'wordpress']);
    expect(() => registerPlan(lab, { ...request, planName: 'load' })).toThrow(
      'the plan "load" has no resources, qos; it has load',
    );
  });

  it('nests the guests of the levels', () => {
    const { guests } = testLab();
    expect(guestsAtLevel(guests, 0)).toEqual([]);
    expect(guestsAtLevel(guests, 2).map(({ name }) => name)).toEqual(['wordpress', 'moodle']);
  });
});

describe('the script of a reader', () => {
  it('draws its pauses from the seed, within the range', () => {
    const pauses = thinkTimes(7, 200, [2, 10]);
    expect(pauses).toEqual(thinkTimes(7, 200, [2, 10]));
    expect(pauses).toHaveLength(199);
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(2);
    expect(Math.max(...pauses)).toBeLessThan(10);
    const mean = pauses.reduce((sum, pause) => sum + pause, 0) / pauses.length;
    expect(Math.abs(mean - 6)).toBeLessThan(0.5);
  });

  it('begins again where an application has fewer pages than planned', () => {
    expect(pagesToVisit(['/', '/a'], 5)).toEqual(['/', '/a', '/', '/a', '/']);
  });

  it('draws numbers that are uniform', () => {
    const random = seededRandom(1);
    const bins = new Array<number>(10).fill(0);
    for (let draw = 0; draw < 10_000; draw++) {
      const bin = Math.floor(random() * 10);
      bins[bin] = (bins[bin] ?? 0) + 1;
    }
    // Chi-squared with 9 degrees of freedom, 99.9 %: 27.9.
    expect(bins.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0)).toBeLessThan(27.9);
  });
});
