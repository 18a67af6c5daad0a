import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseLab } from '../../../../config/lab-file';
import { bracketOf, nextRate } from '../../../../measure/analyse/load/load-ladder';
import { analyseLoadStep } from '../../../../measure/analyse/load/load-step';
import type { LoadStep } from '../../../../measure/run/raw-data';
import { answered, simulatedStep } from '../../fixtures/simulated-load';

const limits = { answeredPercent: 99, latencySeconds: 4, growthPercent: 5 };

/** 100 requests in 100 s, each answered after 0.5 s, but for some changes. */
function step(change: (index: number) => Partial<LoadStep['requests'][number]> = () => ({})): LoadStep {
  const requests = Array.from({ length: 100 }, (_, index) => ({
    ...answered(1000 + index, 1000.5 + index),
    ...change(index),
  }));
  return { ratePerSecond: 1, startedAt: 1000, seconds: 100, warmUp: [], requests, generatorCpuSeconds: 2 };
}

describe('an application keeps up with a rate', () => {
  test('where all of its requests are answered in time', () => {
    const result = analyseLoadStep(step(), limits);
    expect(result.because).toEqual([]);
    expect(result).toMatchObject({ offeredPerSecond: 1, answeredPerSecond: 1, requests: 100, answered: 100 });
    expect(result).toMatchObject({ medianSeconds: 0.5, p95Seconds: 0.5, mostUnderWay: 1 });
    expect(result.growthPercent).toBeCloseTo(0, 6);
    expect(result.generatorCpuPercent).toBe(2);
  });

  test('where one of a hundred has no answer, and not where two have none', () => {
    const failing = (count: number) => step((index) => (index < count ? { status: 503 } : {}));
    expect(analyseLoadStep(failing(1), limits).because).toEqual([]);
    const { because, failed } = analyseLoadStep(failing(2), limits);
    expect(because).toEqual(['requests without an answer']);
    expect(failed).toBe(2);
  });

  test('where the 95th percentile is at the limit, and not above', () => {
    const slow = (count: number, seconds: number) =>
      step((index) => (index % 20 < count ? { endedAt: 1000 + index + seconds } : {}));
    expect(analyseLoadStep(slow(1, 9), limits)).toMatchObject({ p95Seconds: 0.5, because: [] });
    expect(analyseLoadStep(slow(2, 4), limits)).toMatchObject({ p95Seconds: 4, because: [] });
    expect(analyseLoadStep(slow(2, 4.01), limits).because).toEqual(['latency above the limit']);
  });

  test('not where the latency grows for as long as the step lasts', () => {
    const growing = step((index) => ({ endedAt: 1000 + index * 1.06 }));
    const wide = { ...limits, latencySeconds: 60 };
    const { because, growthPercent } = analyseLoadStep(growing, wide);
    expect(growthPercent).toBeCloseTo(6);
    expect(because).toEqual(['latency that grows']);
    expect(analyseLoadStep(growing, { ...wide, growthPercent: 7 }).because).toEqual([]);
  });
});

test('a request that never started counts as unanswered and as later than any', () => {
  const gone = { startedAt: null, endedAt: null, status: null, held: true };
  const result = analyseLoadStep(
    step((index) => (index >= 90 ? gone : {})),
    limits,
  );
  expect(result).toMatchObject({ answered: 90, failed: 0, notStarted: 10, held: 10, p95Seconds: null });
  expect(result.because).toEqual(['requests without an answer', 'latency above the limit']);
});

test('a step without any answer has no latency and no growth, and is not kept up with', () => {
  const result = analyseLoadStep(
    step(() => ({ status: null, error: 'refused' })),
    limits,
  );
  expect(result).toMatchObject({ answeredPerSecond: 0, medianSeconds: null, growthPercent: null });
  expect(result.because).toContain('requests without an answer');
});

test('latency counts from the intended start, and lateness leaves out what was held', () => {
  const result = analyseLoadStep(
    step((index) => ({ startedAt: 1000 + index + (index === 7 ? 0.3 : 0.1), held: index === 7 })),
    limits,
  );
  expect(result.medianSeconds).toBe(0.5);
  expect(result.latenessSeconds?.max).toBeCloseTo(0.1);
});

test('answers that come after the step has ended count by the time that they took', () => {
  const { answeredPerSecond } = analyseLoadStep(
    step((index) => ({ endedAt: 1000 + 2 * (index + 1) })),
    limits,
  );
  expect(answeredPerSecond).toBeCloseTo(0.5);
});

test('answers that were all meant for one instant have no growth', () => {
  const { growthPercent, because } = analyseLoadStep(
    step((index) => ({ intendedAt: 1000, endedAt: 1000.5 + index / 1000 })),
    limits,
  );
  expect(growthPercent).toBeNull();
  expect(because).toEqual([]);
});

test('a step may hold as many requests as a generator can make', () => {
  const requests = Array.from({ length: 200_000 }, (_, index) => answered(1000 + index / 2000, 1001));
  const { answeredPerSecond } = analyseLoadStep({ ...step(), ratePerSecond: 2000, requests }, limits);
  expect(answeredPerSecond).toBe(2000);
});

// A queue of which all is known: 10 requests per second are its capacity.
describe('at a queue with one server', () => {
  const decisions = (load: number) =>
    Array.from({ length: 60 }, (_, seed) =>
      analyseLoadStep(
        simulatedStep({ ratePerSecond: 10 * load, seconds: 60, serviceSeconds: 0.1, seed }),
        limits,
      ),
    );
  const keptUp = (load: number) => decisions(load).filter(({ because }) => because.length === 0).length;

  test('a load of 0.85 is kept up with, and one of 1.1 never', () => {
    expect(keptUp(0.5)).toBe(60);
    expect(keptUp(0.85)).toBeGreaterThanOrEqual(59);
    expect(keptUp(1.1)).toBe(0);
  });

  test.each(['constant', 'exponential'] as const)(
    'a load of 1.05 is kept up with in less than 5 of 100 steps as long as those of plan load: %s times',
    (service) => {
      const { stepSeconds: seconds = 0 } =
        parseLab(readFileSync(join(__dirname, '../../../../lab.yaml'), 'utf8'), 'lab.yaml').plans.load
          ?.load ?? {};
      const kept = Array.from({ length: 60 }, (_, seed) =>
        analyseLoadStep(
          simulatedStep({ ratePerSecond: 10.5, seconds, serviceSeconds: 0.1, service, seed }),
          limits,
        ),
      ).filter(({ because }) => because.length === 0).length;
      expect(kept).toBeLessThanOrEqual(0.05 * 60);
    },
  );

  test('no overload is kept up with where an answer takes long, either', () => {
    for (const serviceSeconds of [0.5, 1]) {
      for (let seed = 0; seed < 60; seed++) {
        const overload = { ratePerSecond: 1.1 / serviceSeconds, seconds: 60, serviceSeconds, seed };
        expect(analyseLoadStep(simulatedStep(overload), limits).because).not.toEqual([]);
      }
    }
  });

  test('the answered rate of an overload is the capacity, and the latency grows by what is too much', () => {
    for (const { answeredPerSecond, growthPercent } of decisions(1.5)) {
      expect(answeredPerSecond).toBeCloseTo(10, 0);
      expect(Math.abs((growthPercent ?? 0) - 50)).toBeLessThan(12);
    }
  });
});

describe('a ladder', () => {
  const rates = { first: 1, factor: 2, steps: 4, refinements: 2 };
  /** All rates that are offered to an application that keeps up below its capacity. */
  const climb = (capacity: number) => {
    const outcomes: { ratePerSecond: number; keptUp: boolean }[] = [];
    for (let rate = nextRate(rates, []); rate !== null; rate = nextRate(rates, outcomes)) {
      outcomes.push({ ratePerSecond: rate, keptUp: rate < capacity });
    }
    return { offered: outcomes.map(({ ratePerSecond }) => ratePerSecond), ...bracketOf(outcomes) };
  };

  test('climbs until a rate is not kept up with, and then halves the bracket by the geometric mean', () => {
    const { offered, keptUp, notKeptUp } = climb(3);
    expect(offered).toEqual([1, 2, 4, Math.sqrt(8), Math.sqrt(Math.sqrt(8) * 4)]);
    expect(keptUp).toBeCloseTo(Math.sqrt(8));
    expect(notKeptUp).toBeCloseTo(Math.sqrt(Math.sqrt(8) * 4));
  });

  test('has no lower end where the first rate was too much, and ends there', () => {
    expect(climb(0.5)).toEqual({ offered: [1], keptUp: null, notKeptUp: 1 });
  });

  test('has no upper end where every rate was kept up with', () => {
    expect(climb(100)).toEqual({ offered: [1, 2, 4, 8], keptUp: 8, notKeptUp: null });
  });

  test('trusts no rate above one that was not kept up with', () => {
    const outcomes = [
      { ratePerSecond: 1, keptUp: true },
      { ratePerSecond: 2, keptUp: false },
      { ratePerSecond: 4, keptUp: true },
    ];
    expect(bracketOf(outcomes)).toEqual({ keptUp: 1, notKeptUp: 2 });
  });
});
