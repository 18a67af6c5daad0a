import type {
  BenchmarkTrial,
  CounterConstants,
  CounterSample,
  DestroyedGuest,
  LoadLadder,
  LoadRequest,
  QosSession,
  ResourceVisit,
  Transfer,
} from './raw-data';

/**
 * What in a record cannot have been: an end before its beginning, a clock that ran on while the CPU's ticks did not. A clock
 * was set meanwhile, and whatever was timed across that instant is wrong, whether it shows or not; so the record as a
 * whole gives no figure. Each function says what it found; null = nothing.
 */

/** Two programs' readings of one clock may differ by so much, seconds. A duration below 0 is impossible all the same. */
const slackSeconds = 0.1;
/** The CPUs' ticks and the clock pass alike, but for so much of the time and so many seconds. */
const tickSlack = { share: 0.1, seconds: 1 };
/** Captures are stamped by a clock that is steered, by 500 ppm at most, and only then set (ntpd, chronyd). */
const steeredShare = 0.0005;

export function impossibleVisit(visit: ResourceVisit): string | null {
  const { changes, changedAt, settledAt, samples, settlingSamples = [], apiSamples } = visit;
  return first([
    ...changes.map(({ guest, action, startedAt, taskSeconds, readySeconds }) => {
      const what = `the ${action} of ${guest}`;
      return (
        shorter(`${what} until it was ready`, readySeconds, 'its task', taskSeconds) ??
        before(
          ['the end of the changes', changedAt],
          [`the end of ${what}`, startedAt + (readySeconds ?? taskSeconds)],
          slackSeconds,
        )
      );
    }),
    before(['its settling', settledAt], ['the last change', changedAt], slackSeconds),
    before(['the first sample', samples[0]?.time], ['the last change', changedAt], slackSeconds),
    ...neighbours(settlingSamples, 'a sample of the settling', visit),
    ...neighbours(samples, 'a sample', visit),
    before(['the first sample', samples[0]?.time], ['its settling', settlingSamples.at(-1)?.time], 0),
    ...apiSamples
      .slice(1)
      .map((sample, index) =>
        before(['a poll of the API', sample.time], ['the one before', apiSamples[index]?.time], 0),
      ),
  ]);
}

export function impossibleSession(session: QosSession): string | null {
  const { startedAt, endedAt, transfers, warmUp = [], pageTimings = [], nodeCounters, captures } = session;
  return first([
    before(['its end', endedAt], ['its start', startedAt], 0),
    ...[...warmUp, ...transfers].map((transfer) =>
      impossibleExchange(`${transfer.client}, ${transfer.url}`, transfer),
    ),
    ...pageTimings.flatMap(({ client, url, intendedAt, ...shown }) => {
      const intended = ['its intended start', intendedAt] as const;
      const of = (what: string) => `${client}, ${url}: ${what}`;
      return [
        before([of('the parsed page'), shown.domContentLoadedAt], intended, 0),
        before([of('the load event'), shown.loadAt], intended, 0),
        before([of('the first paint'), shown.firstContentfulPaintAt], intended, 0),
        before([of('the largest paint'), shown.largestContentfulPaintAt], intended, 0),
      ];
    }),
    ...(pageTimings.length === 0 ? shortPauses(session) : []),
    ...(nodeCounters
      ? neighbours([nodeCounters.before, nodeCounters.after], "the node's counters", nodeCounters.before)
      : []),
    ...captures.map(({ file, clockStepSeconds }) => {
      const limit = slackSeconds + steeredShare * (endedAt - startedAt);
      return clockStepSeconds == null || Math.abs(clockStepSeconds) <= limit
        ? null
        : `the clock that stamps ${file} was set by ${clockStepSeconds.toFixed(3)} s meanwhile`;
    }),
  ]);
}

export function impossibleLadder({ startedAt, endedAt, steps, userSteps = [] }: LoadLadder): string | null {
  return first([
    before(['its end', endedAt], ['its start', startedAt], 0),
    ...steps.flatMap((step, index) => [
      ...[...step.warmUp, ...step.requests].map((request) =>
        impossibleExchange(`step ${index + 1}, ${request.path}`, request),
      ),
      ...step.requests.map(({ intendedAt }) =>
        before([`step ${index + 1}: a request`, intendedAt], ['its step', step.startedAt], slackSeconds),
      ),
      before(
        [`step ${index + 1}`, step.startedAt],
        ['the step before', steps[index - 1]?.startedAt],
        slackSeconds,
      ),
    ]),
    ...userSteps.flatMap(({ users, warmUp, requests }) =>
      [...warmUp, ...requests].map((request) =>
        impossibleExchange(`${users} users, ${request.path}`, request),
      ),
    ),
  ]);
}

export function impossibleDestruction({ startedAt, endedAt }: DestroyedGuest): string | null {
  return before(['its end', endedAt], ['its start', startedAt], 0);
}

type Exchange =
  | Pick<LoadRequest, 'intendedAt' | 'startedAt' | 'firstByteAt' | 'endedAt' | 'error'>
  | Transfer;

/** What figures are made of may not be below 0 by any amount; other orders, by two programs' clocks. */
export function impossibleTrial({ startedAt, endedAt, runs }: BenchmarkTrial): string | null {
  return first([
    before(['its end', endedAt], ['its start', startedAt], 0),
    ...runs.map((run) =>
      before([`${run.benchmark} on the ${run.place}`, run.startedAt], ['the trial', startedAt], slackSeconds),
    ),
  ]);
}

function impossibleExchange(what: string, exchange: Exchange): string | null {
  const { intendedAt, startedAt, firstByteAt, endedAt, error } = exchange;
  const intended = ['its intended start', intendedAt] as const;
  const start = [`${what}: its start`, startedAt] as const;
  const firstByte = [`${what}: its first byte`, firstByteAt] as const;
  const end = [`${what}: its end`, endedAt] as const;
  return first([
    before(start, intended, slackSeconds),
    before(firstByte, intended, 0),
    before(end, intended, 0),
    before(firstByte, ['its start', startedAt], slackSeconds),
    before(end, ['its start', startedAt], slackSeconds),
    before(end, ['its first byte', firstByteAt], error === null ? 0 : slackSeconds),
  ]);
}

/** A scripted reader pauses for the think time at least; with a browser other things may end meanwhile. */
function shortPauses({ transfers, thinkSeconds }: QosSession): (string | null)[] {
  const pages = new Map<string, { client: string; page: number; intendedAt: number; endedAt: number }>();
  for (const { client, page, intendedAt, endedAt, late } of transfers) {
    if (late) continue;
    const known = pages.get(`${client} ${page}`) ?? { client, page, intendedAt, endedAt };
    known.intendedAt = Math.min(known.intendedAt, intendedAt);
    known.endedAt = Math.max(known.endedAt, endedAt);
    pages.set(`${client} ${page}`, known);
  }
  return [...pages.values()].map(({ client, page, endedAt }) => {
    const next = pages.get(`${client} ${page + 1}`);
    const meant = thinkSeconds[page] ?? 0;
    if (next === undefined || next.intendedAt - endedAt >= meant - slackSeconds) return null;
    const paused = (next.intendedAt - endedAt).toFixed(3);
    return `${client} paused for ${paused} s after page ${page + 1} where ${meant.toFixed(3)} s were meant`;
  });
}

/** The clock moves on from sample to sample, and with the CPUs' ticks where the node counts any. */
function neighbours(
  samples: readonly CounterSample[],
  what: string,
  { cpus, ticksPerSecond }: CounterConstants,
): (string | null)[] {
  return samples.slice(1).map((sample, index) => {
    const earlier = samples[index];
    if (earlier === undefined) return null;
    const back = before([what, sample.time], ['the one before', earlier.time], 0);
    const passed = sample.time - earlier.time;
    const ticks = sample.cpuTotalTicks - earlier.cpuTotalTicks;
    const counted = ticks / (cpus * ticksPerSecond);
    const differs = Math.abs(counted - passed) > tickSlack.seconds + tickSlack.share * passed;
    if (back !== null || ticks === 0 || !differs) return back;
    return `${what}: the clock went on by ${passed.toFixed(3)} s and the CPUs' ticks by ${counted.toFixed(3)} s`;
  });
}

type Instant = readonly [what: string, at: number | null | undefined];

/** What is said of an instant that comes before one which it cannot precede. */
function before([what, at]: Instant, [than, limit]: Instant, slack: number): string | null {
  if (at == null || limit == null || at >= limit - slack) return null;
  return `${what} is ${(limit - at).toFixed(3)} s before ${than}`;
}

function shorter(what: string, whole: number | null, partOf: string, part: number): string | null {
  if (whole === null || whole >= part) return null;
  return `${what} took ${whole.toFixed(3)} s, less than ${partOf}, ${part.toFixed(3)} s`;
}

function first(findings: readonly (string | null)[]): string | null {
  return findings.find((finding) => finding !== null) ?? null;
}
