import type { ListedRun } from '../run/list-runs';
import type { Environment } from '../run/raw-data';
import { type RepetitionCount, runOverview } from './run-overview';

/**
 * - `ended`: all that was planned has been made, or a rule of precision has stopped it.
 * - `interrupted`: something is missing, and no process of this machine measures the run.
 * - `running`: a process of this machine measures it.
 * - `unreadable`: a file of it is missing or broken.
 */
export type RunState = 'ended' | 'interrupted' | 'running' | 'unreadable';

/** A run as `npm run list` shows it. Null = not known, as its file is missing or broken. */
export interface RunRow {
  readonly run: string;
  /** When its plan was registered, UTC. */
  readonly registeredAt: string | null;
  readonly plan: string | null;
  readonly target: Environment['target'] | null;
  readonly acceleration: Environment['acceleration'];
  readonly repetitions: readonly RepetitionCount[] | null;
  readonly faults: number | null;
  readonly bytes: number;
  readonly state: RunState;
  /** Why it cannot be read; empty = it can. */
  readonly reasons: readonly string[];
}

/** Pure. */
export function runRow({ name, plan, raw, reasons, isBeingMeasured, bytes }: ListedRun): RunRow {
  const overview = raw && runOverview(raw);
  const ended = overview?.isWhole ? 'ended' : 'interrupted';
  return {
    run: name,
    registeredAt: plan?.registeredAt ?? null,
    plan: plan?.planName ?? null,
    target: raw?.environment.target ?? null,
    acceleration: raw?.environment.acceleration ?? null,
    repetitions: overview?.repetitions ?? null,
    faults: overview?.faults ?? null,
    bytes,
    state: isBeingMeasured ? 'running' : overview === null ? 'unreadable' : ended,
    reasons,
  };
}
