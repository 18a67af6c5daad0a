import { disturbancePercent } from '../analyse/resources/resources';
import { labelOf, type Summary } from '../analyse/summary';
import type { UnfinishedRun } from '../run/raw-run';
import { type PaperLevel, paperLevel } from '../study-2019/paper';
import { type MadeSoFar, type PlanGroup, type PlanRow, planGroups } from './plan-rows';
import type { RunEvents, RunPhase } from './run-events';

/** What the page shows but for the readings of the node. Times in seconds. */
export interface PageState {
  readonly run: string;
  /** `absent`: there is no plan yet. */
  readonly phase: RunPhase | 'absent';
  /** What is under way, in the terminal's words. */
  readonly step: string | null;
  readonly planName: string | null;
  readonly target: 'local' | 'proxmox' | null;
  readonly label: Summary['label'];
  readonly registeredAt: string | null;
  /** Since measuring began, or in all where it has ended; null = not known. */
  readonly elapsedSeconds: number | null;
  readonly estimatedSeconds: number | null;
  readonly isMost: boolean;
  readonly groups: readonly PlanGroup[];
  /** What somebody who watches must hear: faults, disturbed visits, applications that are missing. */
  readonly notes: readonly Note[];
  /** The visit whose readings come as they are taken; null = none is being made. */
  readonly liveVisit: string | null;
  /** Of the visits that have been made the one that came last. */
  readonly lastVisit: string | null;
  /** CPU of others, % of all CPUs, above which a visit is disturbed. */
  readonly disturbancePercent: number;
  /** The paper's figures of each planned level that it has. */
  readonly paper: readonly PaperLevel[];
  /** Changes whenever there are new figures. */
  readonly figures: number;
  readonly hasReport: boolean;
}

export interface Note {
  /** `remark`: it is complete, and something is to be known of it. */
  readonly kind: 'fault' | 'remark';
  readonly text: string;
}

export interface Seen {
  readonly run: string;
  readonly phase: PageState['phase'];
  /** Null where there is no plan yet. */
  readonly raw: UnfinishedRun | null;
  /** What of `raw` has been analysed. */
  readonly made: MadeSoFar;
  readonly events: RunEvents;
  /** Unix seconds. */
  readonly now: number;
  readonly hasReport: boolean;
  readonly figures: number;
}

/** Pure. */
export function pageState({ run, phase, raw, made, events, now, hasReport, figures }: Seen): PageState {
  const plan = raw?.plan ?? null;
  const groups = plan ? planGroups(plan, made, events) : [];
  const rows = groups.flatMap((group) => group.rows);
  const begun = events.begun;
  return {
    run,
    phase,
    step: phase === 'running' ? (events.step ?? null) : null,
    planName: plan?.planName ?? null,
    target: raw?.environment?.target ?? null,
    label: raw?.environment ? labelOf(raw.environment) : null,
    registeredAt: plan?.registeredAt ?? null,
    elapsedSeconds: begun && phase !== 'vanished' ? (events.endedAt ?? now) - begun.time : null,
    estimatedSeconds: begun?.estimatedSeconds ?? null,
    isMost: begun?.isMost ?? false,
    groups,
    notes: raw ? notesOf(raw, rows) : [],
    liveVisit: rows.find(({ level, state }) => level !== null && state === 'running')?.name ?? null,
    lastVisit: rows.findLast(({ hasReadings }) => hasReadings)?.name ?? null,
    disturbancePercent,
    paper: [...new Set(rows.map(({ level }) => level))].flatMap((level) =>
      level === null ? [] : (paperLevel(level) ?? []),
    ),
    figures,
    hasReport,
  };
}

function notesOf(raw: UnfinishedRun, rows: readonly PlanRow[]): readonly Note[] {
  const note = (kind: Note['kind'], texts: readonly string[]): Note[] =>
    texts.map((text) => ({ kind, text }));
  const missing = raw.plan?.missingApplications ?? [];
  return [
    ...note(
      'remark',
      missing.map(({ guest, reason }) => `${guest} is left out: ${reason}`),
    ),
    ...rows.flatMap(({ name, fault, remarks }) => [
      ...note('fault', fault === null ? [] : [`${name}: ${fault}`]),
      ...note(
        'remark',
        remarks.map((remark) => `${name}: ${remark}`),
      ),
    ]),
    ...note('fault', raw.impossible),
    // What is not there yet is no fault.
    ...note(
      'fault',
      raw.faults.filter((fault) => !fault.endsWith('the file is missing')),
    ),
  ];
}
