import type { Plan } from '../../../config/lab';
import { nodeCpuPercent } from '../../analyse/resources/counters';
import type { CounterConstants, CounterSample } from '../../run/raw-data';

/** When a level counts as settled. */
export interface SettleRule {
  readonly windowSeconds: number;
  readonly windows: number;
  /** Largest spread between the windows' CPU shares, in percentage points of all CPUs. */
  readonly points: number;
  /** Shortest and longest wait. */
  readonly leastSeconds: number;
  readonly limitSeconds: number;
}

export function settleRule({
  settleSeconds,
  settleAtLeastSeconds = 0,
}: Pick<NonNullable<Plan['resources']>, 'settleSeconds' | 'settleAtLeastSeconds'>): SettleRule {
  return {
    windowSeconds: 4,
    windows: 3,
    points: 2,
    leastSeconds: settleAtLeastSeconds,
    limitSeconds: settleSeconds,
  };
}

export function describeRule(rule: SettleRule): string {
  return (
    `${rule.leastSeconds > 0 ? `after ${rule.leastSeconds} s, ` : ''}steady when the CPU shares of ${rule.windows} successive windows of ${rule.windowSeconds} s ` +
    `lie within ${rule.points} percentage points of all CPUs; else transient after ${rule.limitSeconds} s`
  );
}

/** What is to be done with a level that has had `waitedSeconds` and shows these samples. */
export function settleVerdict(
  samples: readonly CounterSample[],
  waitedSeconds: number,
  rule: SettleRule,
  constants: CounterConstants,
): 'settled' | 'transient' | 'wait' {
  if (waitedSeconds >= rule.leastSeconds && isSteady(samples, rule, constants)) return 'settled';
  return waitedSeconds >= rule.limitSeconds ? 'transient' : 'wait';
}

/**
 * Whether the newest samples show a steady CPU. The windows end at the newest sample; their CPU is that of the report
 * (nodeCpuPercent). False while the samples do not reach back far enough.
 */
export function isSteady(
  samples: readonly CounterSample[],
  rule: SettleRule,
  constants: CounterConstants,
): boolean {
  const percents: number[] = [];
  let end = samples.at(-1);
  for (let window = 0; window < rule.windows; window++) {
    if (!end) return false;
    const from = end.time - rule.windowSeconds;
    // Samples come at deadlines with a little jitter; a window may miss its length by a tenth of it.
    const start = samples.findLast((sample) => sample.time <= from + rule.windowSeconds / 10);
    if (!start) return false;
    const percent = nodeCpuPercent(start, end, constants);
    if (percent === null) return false;
    percents.push(percent);
    end = start;
  }
  return Math.max(...percents) - Math.min(...percents) <= rule.points;
}
