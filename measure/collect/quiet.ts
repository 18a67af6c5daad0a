import { othersCpuPercent } from '../analyse/resources/counters';
import { disturbancePercent } from '../analyse/resources/resources';
import type { CounterConstants, CounterSample } from '../run/raw-data';

/** The node's counters, once a second, as the sampler gives them. */
export interface Readings {
  readonly constants: CounterConstants;
  next(): Promise<CounterSample>;
  close(): Promise<void>;
}

export interface QuietOptions {
  /** Longest wait for a quiet node, minutes; undefined = a person is asked, and where nobody is there nothing is waited for. */
  readonly waitMinutes?: number;
  readonly ask: (question: string) => Promise<string | undefined>;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/** What was seen of other work before the first sample. CPU in % of all CPUs; null = the counters did not tell. */
export interface OtherWork {
  readonly othersCpuPercent: number | null;
  readonly waitedSeconds: number;
}

/** Seconds over which the CPU of others is taken: long enough that a program that only starts does not count for a load. */
const lookSeconds = 5;
/** So many looks in a row are quiet before the wait is over: other work comes with pauses. */
const quietLooks = 3;
/** Seconds between two lines about a wait. */
const newsSeconds = 30;

/** Whether a visit would be disturbed however alike all of them are: the report's own limit. */
export function isBusy(percent: number): boolean {
  return percent > disturbancePercent;
}

/** `43 % of all CPUs`. */
export function ofAllCpus(percent: number): string {
  return `${percent.toFixed(percent < 10 ? 1 : 0)} % of all CPUs`;
}

const limit = `quiet is at most ${disturbancePercent} %`;

/**
 * Says how busy the node is with what is not the lab's guests, and waits until it is quiet where that is asked for. Goes on
 * when the time is over, with a warning: visits that are disturbed all the same are marked in the report.
 */
export async function waitForQuiet(
  open: () => Promise<Readings>,
  { waitMinutes, ask, say, signal }: QuietOptions,
): Promise<OtherWork> {
  const [first] = await looks(open, signal, 1, () => true);
  const percent = first?.percent ?? null;
  const unwaited = { othersCpuPercent: percent, waitedSeconds: 0 };
  if (percent === null) {
    say('other work on the node: its counters do not tell');
    return unwaited;
  }
  if (!isBusy(percent)) {
    say(`other work on the node: ${ofAllCpus(percent)}, quiet`);
    return unwaited;
  }
  say(`the node is busy with other work: ${ofAllCpus(percent)} (${limit}); it will disturb visits`);
  const minutes = waitMinutes ?? minutesIn(await ask(question));
  signal.throwIfAborted();
  if (minutes === 0) {
    if (waitMinutes === undefined) say('going on; --wait-quiet MINUTES waits for a quiet node');
    return unwaited;
  }
  return wait(open, minutes * 60, { say, signal });
}

async function wait(
  open: () => Promise<Readings>,
  limitSeconds: number,
  { say, signal }: Pick<QuietOptions, 'say' | 'signal'>,
): Promise<OtherWork> {
  let quiet = 0;
  let saidAt = 0;
  say(`waiting for a quiet node, at most ${inWords(limitSeconds)}`);
  const seen = await looks(open, signal, limitSeconds / lookSeconds, ({ percent, seconds }) => {
    quiet = percent !== null && !isBusy(percent) ? quiet + 1 : 0;
    if (seconds - saidAt >= newsSeconds && seconds < limitSeconds) {
      saidAt = seconds;
      const now = percent === null ? 'unknown' : ofAllCpus(percent);
      say(`still waiting, at most ${inWords(limitSeconds - seconds)} more: other work ${now}`);
    }
    return quiet === quietLooks;
  });
  const last = seen.at(-1);
  const waitedSeconds = last?.seconds ?? 0;
  say(
    quiet === quietLooks
      ? `the node is quiet after ${inWords(waitedSeconds)}`
      : `warning: the node is still busy with other work after ${inWords(waitedSeconds)}; going on, disturbed visits are marked`,
  );
  return { othersCpuPercent: last?.percent ?? null, waitedSeconds };
}

export const question = 'Wait for a quiet node, at most how many minutes? [Enter = go on now] ';

/** What was answered; nothing, or anything else than a number, is no wait. */
export function minutesIn(answer: string | undefined): number {
  const minutes = Number.parseFloat(answer ?? '');
  return Number.isFinite(minutes) ? Math.max(0, minutes) : 0;
}

function inWords(seconds: number): string {
  return seconds < 90 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
}

interface Look {
  /** CPU of others, % of all CPUs; null = the counters have not moved. */
  readonly percent: number | null;
  /** At its end, since the first began. */
  readonly seconds: number;
}

/** One look after the other, until `isLast` says so or `most` are made. */
async function looks(
  open: () => Promise<Readings>,
  signal: AbortSignal,
  most: number,
  isLast: (look: Look) => boolean,
): Promise<readonly Look[]> {
  const made: Look[] = [];
  const readings = await open();
  try {
    const begin = await readings.next();
    let from = begin;
    while (made.length < most) {
      let to = from;
      while (to.time - from.time < lookSeconds) {
        signal.throwIfAborted();
        to = await readings.next();
      }
      const look = {
        percent: othersCpuPercent(from, to, readings.constants),
        seconds: to.time - begin.time,
      };
      made.push(look);
      if (isLast(look)) break;
      from = to;
    }
  } finally {
    await readings.close();
  }
  return made;
}
