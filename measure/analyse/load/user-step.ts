import { quantileSorted } from 'simple-statistics';
import type { UserStep } from '../../run/raw-data';

/** What became of one number of users in a closed loop. */
export interface UserStepResult {
  readonly users: number;
  readonly thinkSeconds: number;
  readonly startedAt: number;
  /** Requests that ended in the time that counts: after the first quarter of the step, in which the loop settles. */
  readonly requests: number;
  readonly failed: number;
  /** Good answers by the time that counts. */
  readonly answeredPerSecond: number;
  /** Of good answers, from the end of the think time to the last byte; null = there was none. */
  readonly meanSeconds: number | null;
  readonly medianSeconds: number | null;
  readonly p95Seconds: number | null;
}

const settlingShare = 0.25;

export function analyseUserStep({
  users,
  thinkSeconds,
  startedAt,
  seconds,
  requests,
}: UserStep): UserStepResult {
  const from = startedAt + settlingShare * seconds;
  const until = startedAt + seconds;
  const counted = requests.filter(({ endedAt }) => endedAt !== null && endedAt >= from && endedAt < until);
  const times = counted
    .filter(({ error, status }) => error === null && status !== null && status >= 200 && status < 300)
    .map(({ intendedAt, endedAt }) => (endedAt ?? intendedAt) - intendedAt)
    .sort((a, b) => a - b);
  const known = <T>(value: () => T): T | null => (times.length === 0 ? null : value());
  return {
    users,
    thinkSeconds,
    startedAt,
    requests: counted.length,
    failed: counted.length - times.length,
    answeredPerSecond: times.length / (until - from),
    meanSeconds: known(() => times.reduce((sum, time) => sum + time, 0) / times.length),
    medianSeconds: known(() => quantileSorted(times, 0.5)),
    p95Seconds: known(() => quantileSorted(times, 0.95)),
  };
}

/** Beyond this share of the most users that were tried, the knee is no finding but where the plan ends. */
const withinTried = 0.9;

/**
 * The knee: the number of users at which the two asymptotes of the throughput meet, N* = X·(R + Z). X is the highest
 * throughput, R the mean response time of the fewest users, Z the think time (Lazowska, Zahorjan, Graham, Sevcik,
 * Quantitative System Performance, 1984, ch. 5: below it users hardly wait for each other, above it the throughput does not
 * rise and each further user adds to the response time). Null = not reached with the most users, or nothing was answered.
 */
export function kneeOf(steps: readonly UserStepResult[]): number | null {
  const fewest = steps[0];
  const most = steps.at(-1);
  if (!fewest || !most || fewest.meanSeconds === null) return null;
  const highest = Math.max(...steps.map(({ answeredPerSecond }) => answeredPerSecond));
  const knee = highest * (fewest.meanSeconds + fewest.thinkSeconds);
  return knee > 0 && knee <= withinTried * most.users ? knee : null;
}
