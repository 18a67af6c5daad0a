import type { CounterSample } from '../raw-data';

/** When a level counts as settled. */
export interface SettleRule {
  readonly windowSeconds: number;
  readonly windows: number;
  /** Largest spread between the windows' CPU shares, in percentage points of all CPUs. */
  readonly points: number;
  /** Longest wait. */
  readonly limitSeconds: number;
}

export function settleRule(limitSeconds: number): SettleRule {
  return { windowSeconds: 4, windows: 3, points: 2, limitSeconds };
}

export function describeRule(rule: SettleRule): string {
  return (
    `steady when the CPU shares of ${rule.windows} successive windows of ${rule.windowSeconds} s ` +
    `lie within ${rule.points} percentage points of all CPUs; else transient after ${rule.limitSeconds} s`
  );
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
