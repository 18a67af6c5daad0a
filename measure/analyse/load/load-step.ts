import { linearRegression, quantileSorted } from 'simple-statistics';
import type { LoadPlan } from '../../../config/lab';
import type { LoadRequest, LoadStep } from '../../run/raw-data';

/** What became of one rate that was offered. */
export interface LoadStepResult {
  readonly ratePerSecond: number;
  readonly startedAt: number;
  readonly requests: number;
  /** Requests by the time over which they were spread. */
  readonly offeredPerSecond: number;
  /** Good answers by that time or, if later, the time until the last of them. */
  readonly answeredPerSecond: number;
  /** Whole answers of status 2xx. */
  readonly answered: number;
  readonly failed: number;
  readonly notStarted: number;
  /** Requests that waited for their turn because the most allowed were under way. */
  readonly held: number;
  /** From the intended start to the end of the answer; null = unknown, as too many had no good answer. */
  readonly medianSeconds: number | null;
  readonly p95Seconds: number | null;
  /** Slope of the latency over intended time, least squares; null = fewer than two answers, or all of one instant. */
  readonly growthPercent: number | null;
  readonly mostUnderWay: number;
  /** The generator's own lateness, from the intended start to the start of requests that were not held. */
  readonly latenessSeconds: { readonly p95: number; readonly max: number } | null;
  /** Of one CPU, while requests were sent and answered. */
  readonly generatorCpuPercent: number;
  /** Why the application did not keep up; empty = it did. */
  readonly because: readonly string[];
}

/**
 * Whether an application keeps up with a rate. It does if all three hold:
 *
 * - At least `answeredPercent` of the requests got a whole answer of status 2xx before the step was cut off.
 * - The 95th percentile of the latency is `latencySeconds` at most. A request without a good answer counts as later than any.
 * - The latency does not grow by more than `growthPercent` of the time that passes. Where more is offered than can be
 *   answered, a queue grows for as long as the step lasts, and the latency of the fluid approximation with it, by offered/answered − 1
 *   (Newell, Applications of Queueing Theory, 2nd ed., ch. 2); in a short step that may stay below the limit.
 *
 * Arrivals do not depend on answers (an open system: Schroeder, Wierman and Harchol-Balter, Open versus closed: a
 * cautionary tale, NSDI 2006), and latency runs from the intended start, so that a stalled server cannot put off just those requests
 * that would have waited (coordinated omission: G. Tene, How not to measure latency, 2013; HdrHistogram corrects for it).
 */
export function analyseLoadStep(step: LoadStep, limits: LoadPlan['limits']): LoadStepResult {
  const { requests, seconds } = step;
  const good = requests.flatMap((request) => {
    const latency = goodLatency(request);
    return latency === null ? [] : [{ latency, intendedAt: request.intendedAt }];
  });
  const ordered = good.map(({ latency }) => latency).sort((a, b) => a - b);
  const notStarted = requests.filter(({ startedAt }) => startedAt === null).length;
  const p95Seconds = percentile(ordered, requests.length, 0.95);
  const answeredUntil = latest(
    seconds,
    good.map(({ latency, intendedAt }) => intendedAt + latency - step.startedAt),
  );
  const until = latest(
    seconds,
    requests.map(({ endedAt }) => (endedAt ?? step.startedAt) - step.startedAt),
  );
  const growthPercent = growth(
    good.map(({ intendedAt, latency }) => [intendedAt - step.startedAt, latency] as const),
  );
  return {
    ratePerSecond: step.ratePerSecond,
    startedAt: step.startedAt,
    requests: requests.length,
    offeredPerSecond: requests.length / seconds,
    answeredPerSecond: good.length / answeredUntil,
    answered: good.length,
    failed: requests.length - good.length - notStarted,
    notStarted,
    held: requests.filter(({ held }) => held).length,
    medianSeconds: percentile(ordered, requests.length, 0.5),
    p95Seconds,
    growthPercent,
    mostUnderWay: mostUnderWay(requests),
    latenessSeconds: lateness(requests),
    generatorCpuPercent: (100 * step.generatorCpuSeconds) / until,
    because: [
      ...(100 * good.length < limits.answeredPercent * requests.length ? ['requests without an answer'] : []),
      ...(p95Seconds === null || p95Seconds > limits.latencySeconds ? ['latency above the limit'] : []),
      ...(growthPercent !== null && growthPercent > limits.growthPercent ? ['latency that grows'] : []),
    ],
  };
}

/** Not Math.max(...times): a step may hold more requests than a call may have arguments. */
function latest(first: number, times: readonly number[]): number {
  return times.reduce((last, time) => Math.max(last, time), first);
}

/** Null = no line goes through so few answers, or through answers that were all meant for one instant. */
function growth(answers: readonly (readonly [intendedAt: number, latency: number])[]): number | null {
  if (answers.length < 2) return null;
  const slope = linearRegression(answers.map(([at, latency]) => [at, latency])).m;
  return Number.isFinite(slope) ? 100 * slope : null;
}

/** Seconds from the intended start to the end of a whole answer of status 2xx; null where there was none. */
function goodLatency({ intendedAt, endedAt, status, error }: LoadRequest): number | null {
  const isGood = error === null && status !== null && status >= 200 && status < 300;
  return isGood && endedAt !== null ? endedAt - intendedAt : null;
}

/** The smallest latency that this share of all requests did not exceed; requests without one come last. */
function percentile(ordered: readonly number[], requests: number, share: number): number | null {
  return ordered[Math.max(0, Math.ceil(share * requests) - 1)] ?? null;
}

function lateness(requests: readonly LoadRequest[]): LoadStepResult['latenessSeconds'] {
  const late = requests
    .flatMap(({ held, startedAt, intendedAt }) =>
      held || startedAt === null ? [] : [startedAt - intendedAt],
    )
    .sort((a, b) => a - b);
  const max = late.at(-1);
  return max === undefined ? null : { p95: quantileSorted(late, 0.95), max };
}

function mostUnderWay(requests: readonly LoadRequest[]): number {
  const changes = requests
    .flatMap(({ startedAt, endedAt }) =>
      startedAt === null || endedAt === null ? [] : [[startedAt, 1] as const, [endedAt, -1] as const],
    )
    .sort(([a, up], [b, down]) => a - b || up - down);
  let underWay = 0;
  let most = 0;
  for (const [, change] of changes) {
    underWay += change;
    most = Math.max(most, underWay);
  }
  return most;
}
