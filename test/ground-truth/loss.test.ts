import { known, onlySession, record, report } from './network';

describe.each([
  ['http', 300_000],
  ['udp', 200],
] as const)('%s', (traffic, amount) => {
  test.each([10, 30, 100])(
    'with %i ‰ of the packets dropped at random, loss is the router’s count, each way',
    (permille) => {
      const recording = record('drop', permille, traffic, amount);
      const directions = onlySession(report(recording)).map(({ twoEnded }) => known(twoEnded));
      expect(directions.map(({ lost }) => lost)).toEqual(recording.dropped);
      for (const { sent, received, lost, unexplained, lossPercent } of directions) {
        expect(unexplained).toBe(0);
        expect(received).toBe(sent - known(lost));
        expect(lossPercent).toBeCloseTo((100 * known(lost)) / sent, 9);
      }
      if (permille === 100) expect(Math.min(...recording.dropped)).toBeGreaterThan(0);
    },
  );
});

test.each([1, 2, 3])('with nothing dropped, loss is exactly 0 (time %i)', () => {
  for (const { twoEnded } of onlySession(report(record('none', 0, 'http', 500_000)))) {
    expect(twoEnded).toMatchObject({ lost: 0, lossPercent: 0, unexplained: 0, unknownBecause: null });
    // The floor: what the kernel itself takes, and no less than the clock's step.
    const { min, median } = known(known(twoEnded).oneWayDelay);
    expect(min).toBeGreaterThan(1e-9);
    expect(median).toBeLessThan(0.005);
  }
});
