import { analyseLadders } from '../analyse/load/ladders';
import { isNumber } from '../analyse/resources/counters';
import { analyseResources } from '../analyse/resources/resources';
import type { VisitResult } from '../analyse/resources/visit';
import { pageLoads } from '../analyse/sessions/page-load';
import { spreadOf } from '../analyse/statistics/spread';
import { quantity } from '../report/document/format';
import type { RunPlan, Scenario } from '../run/raw-data';
import type { UnfinishedRun } from '../run/raw-run';
import { guestsAtLevel, ladderNames, sessionNames, trialNames, visitNames } from '../run/run-plan';
import type { Repetition, RunEvents } from './run-events';

/** `enough`: not made, as those before were precise enough; `left`: the run is over without it. */
export type RowState = 'planned' | 'running' | 'done' | 'fault' | 'enough' | 'left';

/** One planned visit, session, ladder or trial. */
export interface PlanRow {
  readonly name: string;
  /** What it is a repetition of: `level 2`, a guest. */
  readonly subject: string;
  /** What belongs to it: the guests that run. */
  readonly detail: string;
  /** Of a visit. */
  readonly level: number | null;
  readonly state: RowState;
  /** What came of it, by the report's own analysis; empty where nothing did. */
  readonly figures: string;
  /** Why it is incomplete; null = it is not. */
  readonly fault: string | null;
  /** What else a reader must know of it: other work, a level that never settled. */
  readonly remarks: readonly string[];
  /** Whether its readings can be asked for. */
  readonly hasReadings: boolean;
}

export interface PlanGroup {
  readonly scenario: Scenario;
  readonly title: string;
  readonly rows: readonly PlanRow[];
}

/** What came of a repetition. */
interface Made {
  readonly fault: string | null;
  readonly figures: string;
  readonly remarks?: readonly string[];
}

interface Kind {
  readonly kind: Repetition['kind'];
  readonly title: string;
  readonly names: (plan: RunPlan) => readonly Pick<PlanRow, 'name' | 'subject' | 'detail' | 'level'>[];
  readonly made: (run: UnfinishedRun, plan: RunPlan) => ReadonlyMap<string, Made>;
}

const ofGuests = (names: readonly { name: string; guest: string }[]) =>
  names.map(({ name, guest }) => ({ name, subject: guest, detail: '', level: null }));

/** In the order measured. */
const kinds: readonly (readonly [Scenario, Kind])[] = [
  [
    'qos',
    {
      kind: 'session',
      title: 'Scenario 2: what clients get',
      names: (plan) => ofGuests(sessionNames(plan)),
      made: sessionsMade,
    },
  ],
  [
    'load',
    {
      kind: 'ladder',
      title: 'Load: where applications stop keeping up',
      names: (plan) => ofGuests(ladderNames(plan)),
      made: laddersMade,
    },
  ],
  [
    'benchmarks',
    {
      kind: 'trial',
      title: 'Benchmarks: guests beside the node itself',
      names: (plan) => ofGuests(trialNames(plan)),
      made: trialsMade,
    },
  ],
  [
    'resources',
    {
      kind: 'visit',
      title: 'Scenario 1: what the node spends',
      names: (plan) =>
        visitNames(plan).map(({ name, level }) => ({
          name,
          level,
          subject: `level ${level}`,
          detail:
            guestsAtLevel(plan.lab.guests, level)
              .map((guest) => guest.name)
              .join(', ') || 'no guest runs',
        })),
      made: visitsMade,
    },
  ],
];

/** What came of each repetition that has been made, by its kind and the name of its files. */
export type MadeSoFar = ReadonlyMap<string, Made>;

const keyOf = ({ kind, name }: Repetition): string => `${kind} ${name}`;

/** Analyses what has been made, but for the captures. */
export function madeSoFar(run: UnfinishedRun, plan: RunPlan): MadeSoFar {
  return new Map(
    kinds
      .filter(([scenario]) => plan.scenarios.includes(scenario))
      .flatMap(([, { kind, made }]) =>
        [...made(run, plan)].map(([name, each]) => [keyOf({ kind, name }), each] as const),
      ),
  );
}

/** The registered plan with what became of it, in the order in which it is measured. */
export function planGroups(plan: RunPlan, made: MadeSoFar, events: RunEvents): readonly PlanGroup[] {
  const isOver = events.phase !== 'running';
  const running = isOver || !events.making ? undefined : keyOf(events.making);
  return kinds
    .filter(([scenario]) => plan.scenarios.includes(scenario))
    .map(([scenario, { kind, title, names }]) => ({
      scenario,
      title,
      rows: names(plan).map((each): PlanRow => {
        const key = keyOf({ kind, name: each.name });
        // A ladder is saved after each of its steps, as if it had been cut off.
        if (key === running) {
          return { ...each, state: 'running', figures: '', fault: null, remarks: [], hasReadings: false };
        }
        const found = made.get(key);
        return {
          ...each,
          state: stateOf(found, events.enough.has(key), isOver),
          figures: found?.figures ?? '',
          fault: found?.fault ?? null,
          remarks: found?.remarks ?? [],
          hasReadings: kind === 'visit' && found !== undefined,
        };
      }),
    }));
}

function stateOf(found: Made | undefined, isEnough: boolean, isOver: boolean): RowState {
  if (found) return found.fault === null ? 'done' : 'fault';
  if (isEnough) return 'enough';
  return isOver ? 'left' : 'planned';
}

/** The name of a visit's file. */
export function visitName({ visit, level }: Pick<VisitResult, 'visit' | 'level'>): string {
  return `${numbered(visit)}-level${level}`;
}

function numbered(index: number): string {
  return String(index).padStart(3, '0');
}

function visitsMade({ visits }: UnfinishedRun, plan: RunPlan): ReadonlyMap<string, Made> {
  const results = analyseResources(visits, plan).visits;
  return new Map(
    results.map((visit) => [
      visitName(visit),
      {
        fault: visit.fault,
        figures:
          visit.samples === 0
            ? ''
            : [
                `CPU ${quantity(visit.cpuPercent, '%')}`,
                `RAM ${quantity(visit.memoryUsedBytes === null ? null : visit.memoryUsedBytes / 2 ** 30, 'GiB')}`,
              ].join(', '),
        remarks: [
          ...(visit.disturbed ? [`disturbed: other work used ${quantity(visit.othersCpuPercent, '%')}`] : []),
          ...(visit.transient && visit.samples > 0 ? ['not settled'] : []),
        ],
      },
    ]),
  );
}

function sessionsMade({ sessions }: UnfinishedRun): ReadonlyMap<string, Made> {
  return new Map(
    sessions.map(({ session }) => {
      const pages = pageLoads(session.transfers);
      const load = spreadOf(pages.map(({ loadSeconds }) => loadSeconds).filter(isNumber));
      const failed = pages.reduce((sum, page) => sum + page.failed, 0);
      const figures = [`${pages.length} pages`, ...(load ? [`median ${quantity(load.median, 's')}`] : [])];
      return [
        `${numbered(session.session)}-${session.guest}`,
        {
          fault: session.fault,
          figures: pages.length > 0 ? figures.join(', ') : '',
          remarks: failed > 0 ? [`${failed} transfers failed`] : [],
        },
      ];
    }),
  );
}

function laddersMade({ ladders }: UnfinishedRun, plan: RunPlan): ReadonlyMap<string, Made> {
  const results = analyseLadders(
    plan,
    ladders.map(({ ladder }) => ladder),
  );
  return new Map(
    results.map(({ ladder, guest, keptUpPerSecond, steps, fault }) => [
      `${numbered(ladder)}-${guest}`,
      {
        fault,
        figures:
          keptUpPerSecond === null
            ? `${steps.length} steps`
            : `kept up with ${quantity(keptUpPerSecond, 'requests/s')}`,
      },
    ]),
  );
}

function trialsMade({ trials }: UnfinishedRun): ReadonlyMap<string, Made> {
  return new Map(
    trials.map(({ trial }) => [
      `${numbered(trial.trial)}-${trial.guest}`,
      {
        fault: trial.fault,
        figures: `${trial.runs.filter(({ fault }) => fault === null).length} of ${trial.runs.length} benchmarks`,
      },
    ]),
  );
}
