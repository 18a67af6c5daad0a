import type { SessionResult } from './qos';
import { g1010PageSeconds } from './quality-classes';

/** A figure over all sessions of an application that is no median: their sum, or the extreme of them. */
interface SessionCount {
  readonly statistic: 'sum' | 'largest' | 'smallest';
  /** What one session adds; null = nothing known. */
  readonly of: (session: SessionResult) => number | null;
}

const knownLosses = ({ directions }: SessionResult) =>
  directions.flatMap(({ loss }) => (loss === null || loss.percent === null ? [] : [loss]));

const loadTimes = (session: SessionResult): readonly number[] =>
  session.pages.map((page) => page.loadSeconds).filter((seconds) => seconds !== null);

const pagesWithin =
  (low: number, high: number): SessionCount['of'] =>
  (session) =>
    loadTimes(session).filter((seconds) => seconds >= low && seconds < high).length;

const { preferred, acceptable } = g1010PageSeconds;

/** By the name under which each stands in ApplicationResult. */
export const sessionCounts = {
  packetsFollowed: {
    statistic: 'sum',
    of: (session) => knownLosses(session).reduce((sum, { sent }) => sum + sent, 0),
  },
  packetsLost: {
    statistic: 'sum',
    of: (session) => knownLosses(session).reduce((sum, { lost }) => sum + lost, 0),
  },
  slowestPageSeconds: { statistic: 'largest', of: (session) => largest(loadTimes(session)) },
  'pagesByClass 0': { statistic: 'sum', of: pagesWithin(0, preferred) },
  'pagesByClass 1': { statistic: 'sum', of: pagesWithin(preferred, acceptable) },
  'pagesByClass 2': { statistic: 'sum', of: pagesWithin(acceptable, Number.POSITIVE_INFINITY) },
  pagesFailed: {
    statistic: 'sum',
    of: ({ pages }) => pages.filter(({ loadSeconds }) => loadSeconds === null).length,
  },
  pagesAsked: { statistic: 'sum', of: ({ pages }) => pages.length },
  warmUpSlowestSeconds: {
    statistic: 'largest',
    of: ({ warmUpPages }) => largest(warmUpPages.map((page) => page.loadSeconds)),
  },
  smallestDelayMs: {
    statistic: 'smallest',
    of: ({ directions }) => {
      const least = smallest(directions.map(({ oneWayDelay }) => oneWayDelay?.min ?? null));
      return least === null ? null : least * 1000;
    },
  },
} as const satisfies Readonly<Record<string, SessionCount>>;

export type SessionCountName = keyof typeof sessionCounts;

/** The sum of no sessions is 0; the extreme of none is not known. */
export function sumOver(name: SessionCountName, sessions: readonly SessionResult[]): number {
  return sessions.reduce((sum, session) => sum + (sessionCounts[name].of(session) ?? 0), 0);
}

export function extremeOver(name: SessionCountName, sessions: readonly SessionResult[]): number | null {
  const { statistic, of } = sessionCounts[name];
  const values = sessions.map((session) => of(session));
  return statistic === 'smallest' ? smallest(values) : largest(values);
}

/** The larger of the known values. */
export function largest(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
}

function smallest(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.min(...known);
}
