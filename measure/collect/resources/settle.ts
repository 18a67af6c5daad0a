import type { Plan } from '../../../config/lab';
import type { CounterSample } from '../../run/raw-data';

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
): 'settled' | 'transient' | 'wait' {
  if (waitedSeconds >= rule.leastSeconds && isSteady(samples, rule)) return 'settled';
  return waitedSeconds >= rule.limitSeconds ? 'transient' : 'wait';
}

/**
 * Whether the newest samples show a steady CPU. The windows end at the newest sample; their CPU share is 1 − idle ticks /
 * all ticks. False while the samples do not reach back far enough.
 */
export function isSteady(samples: readonly CounterSample[], rule: SettleRule): boolean {
  const shares: number[] = [];
  let end = samples.at(-1);
  for (let window = 0; window < rule.windows; window++) {
    if (!end) return false;
    const from = end.time - rule.windowSeconds;
    // Samples come at deadlines with a little jitter; a window may miss its length by a tenth of it.
    const start = samples.findLast((sample) => sample.time <= from + rule.windowSeconds / 10);
    if (!start) return false;
    const share = cpuShare(start, end);
    if (share === undefined) return false;
    shares.push(share);
    end = start;
  }
  return (Math.max(...shares) - Math.min(...shares)) * 100 <= rule.points;
}

/** CPU share (0..1, all CPUs) between two samples; undefined if no tick has passed. */
export function cpuShare(from: CounterSample, to: CounterSample): number | undefined {
  const total = to.cpuTotalTicks - from.cpuTotalTicks;
  return total > 0 ? 1 - (to.cpuIdleTicks - from.cpuIdleTicks) / total : undefined;
}
