import { nodeCpuPercent } from '../../../../measure/analyse/resources/counters';
import { counterSample as sample } from '../../fixtures/counter-sample';

const node = { cpus: 2, ticksPerSecond: 100 };

describe('the CPU of a node', () => {
  test('is what idling leaves of the time, whatever busy ticks the kernel has caught', () => {
    for (const caught of [0, 5, 20]) {
      expect(nodeCpuPercent(sample(0, 0, 0), sample(1, 190 + caught, 190), node)).toBeCloseTo(5);
    }
  });

  test('is never below 0, and not known where the counters ran backwards or no time passed', () => {
    expect(nodeCpuPercent(sample(0, 0, 0), sample(1, 201, 201), node)).toBe(0);
    expect(nodeCpuPercent(sample(0, 100, 100), sample(1, 0, 0), node)).toBeNull();
    expect(nodeCpuPercent(sample(1, 0, 0), sample(1, 0, 0), node)).toBeNull();
  });
});
