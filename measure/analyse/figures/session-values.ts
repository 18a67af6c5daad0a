import type { ShownTime } from '../sessions/page-load';
import type { SessionResult } from '../sessions/qos';
import { g1010PageSeconds } from '../sessions/tiphon-and-itu-classes';
import type { Spread } from '../statistics/spread';
import { describe } from '../statistics/statistics';
import type { Figure } from './figure';

/** What one session gives for a figure of its application. */

type Value = NonNullable<Figure<SessionResult>['value']>;

export const milliseconds = (seconds: number | null | undefined): number | null =>
  seconds === null || seconds === undefined ? null : seconds * 1000;

export const medianOf = (values: readonly (number | null)[]): number | null =>
  describe(values)?.median ?? null;

export const worstDelay =
  (pick: (spread: Spread) => number): Value =>
  ({ directions }) =>
    milliseconds(
      largest(directions.map(({ oneWayDelay }) => (oneWayDelay === null ? null : pick(oneWayDelay)))),
    );

export const worstJitter =
  (pick: 'mean' | 'peak'): Value =>
  ({ directions }) =>
    milliseconds(largest(directions.map(({ jitterSeconds }) => jitterSeconds?.[pick] ?? null)));

export const shownMedian =
  (time: ShownTime): Value =>
  ({ shownPages }) =>
    medianOf(shownPages.map((page) => page[time]));

export const knownLosses = ({ directions }: SessionResult) =>
  directions.flatMap(({ loss }) => (loss === null || loss.percent === null ? [] : [loss]));

export const loadTimes = (session: SessionResult): readonly number[] =>
  session.pages.map((page) => page.loadSeconds).filter((seconds) => seconds !== null);

export const pagesWithin =
  (low: number, high: number): Value =>
  (session) =>
    loadTimes(session).filter((seconds) => seconds >= low && seconds < high).length;

export const { preferred, acceptable } = g1010PageSeconds;

/** Lost of sent, both directions together; null where either direction is unknown. */
export function sessionLossPercent(session: SessionResult): number | null {
  const losses = session.directions.map(({ loss }) => loss);
  if (losses.length === 0 || losses.some((loss) => loss === null || loss.percent === null)) return null;
  const sent = losses.reduce((sum, loss) => sum + (loss?.sent ?? 0), 0);
  const lost = losses.reduce((sum, loss) => sum + (loss?.lost ?? 0), 0);
  return (100 * lost) / sent;
}

/** The larger of the known values. */
export function largest(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
}

export function smallest(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.min(...known);
}
