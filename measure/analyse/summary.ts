import type { Environment, RunPlan } from '../run/raw-data';
import type { RawRun } from '../run/raw-run';
import type { TrialResult } from './benchmarks/trial-result';
import {
  analyseBenchmarks,
  analyseTrials,
  benchmarkSamples,
  type GuestBenchmarks,
} from './benchmarks/trials';
import type { Sample } from './figures/sample';
import { analyseLadders, type LadderResult } from './load/ladders';
import { type ApplicationLoad, analyseLoad, loadSamples } from './load/load';
import { resourceSamples } from './resources/resource-samples';
import { analyseResources, type ResourcesResult } from './resources/resources';
import { type ApplicationResult, analyseApplications, qosSamples } from './sessions/applications';
import { analyseSession, type SessionCurves, type SessionResult } from './sessions/qos';
import { applicationIsEnough, levelIsEnough } from './stopping';

/**
 * - 1: `interval` is a pair of ends, said to be one of 95 % (bootstrap).
 * - 2: `interval` is low, high and coveragePercent (order statistics).
 *
 * Nothing in the lab reads a summary.json again: every figure is made anew of the raw data.
 */
const SUMMARY_VERSION = 2;

/** All that is known of a run: what summary.json holds and what the reports are drawn from. */
export interface Summary {
  /** Of summary.json; absent = 1. */
  readonly summaryVersion: number;
  readonly run: string;
  /** Said with every figure where guests were not virtualised by hardware: emulated (TCG), simulated; null = KVM, or containers. */
  readonly label: 'emulated (TCG)' | 'simulated' | 'acceleration unknown' | null;
  readonly plan: RunPlan;
  readonly environment: Environment;
  readonly resources: ResourcesResult;
  readonly applications: readonly ApplicationResult[];
  readonly sessions: readonly SessionResult[];
  /** Whole seconds from the task log of the node, so each is right to 1 s; null = not told. Empty = not recorded. */
  readonly destroyed: readonly { readonly guest: string; readonly seconds: number | null }[];
  readonly load: readonly ApplicationLoad[];
  readonly ladders: readonly LadderResult[];
  readonly benchmarks: readonly GuestBenchmarks[];
  readonly trials: readonly TrialResult[];
  /** What was planned and what was done. */
  readonly progress: readonly { readonly what: string; readonly planned: number; readonly done: number }[];
  readonly faults: readonly string[];
}

const labels = { kvm: null, native: null, tcg: 'emulated (TCG)', simulated: 'simulated' } as const;

export function labelOf({ acceleration }: Environment): Summary['label'] {
  return acceleration === null ? 'acceleration unknown' : labels[acceleration];
}

const stopped = ', at most (stopped when precise enough)';

/** What a report is drawn from. */
export interface Analysis {
  readonly summary: Summary;
  /** Single values, for samples.csv and the charts over time. */
  readonly samples: readonly Sample[];
  /** For the charts of distribution functions. */
  readonly curves: readonly SessionCurves[];
}

/**
 * Pure: the same raw data gives the same summary and samples, bit for bit. `ofSession` may be one that knows the sessions of
 * an earlier call: reading their captures is most of the work.
 */
export function analyse(raw: RawRun, ofSession: typeof analyseSession = analyseSession): Analysis {
  const { plan, environment } = raw;
  const analysed = raw.sessions.map(({ directory, session }) => ofSession(directory, session));
  const sessions = analysed.map(({ result }) => result);
  const resources = analyseResources(raw.visits, plan);
  const ladders = analyseLadders(
    plan,
    raw.ladders.map(({ ladder }) => ladder),
  );
  const load = analyseLoad(plan, ladders);
  const trials = analyseTrials(
    plan,
    environment.acceleration,
    raw.trials.map(({ trial }) => trial),
  );
  const benchmarks = analyseBenchmarks(plan, trials);
  const ended = raw.sessions.map(({ session }) => session);
  const done = (level: number): number =>
    raw.visits.filter((visit) => visit.level === level && visit.fault === null).length;
  const levels = plan.scenarios.includes('resources') ? plan.levelOrder.flat() : [];
  const guests = plan.scenarios.includes('qos') ? plan.lab.guests : [];
  return {
    summary: {
      summaryVersion: SUMMARY_VERSION,
      run: plan.run,
      label: labelOf(environment),
      plan,
      environment,
      resources,
      applications: analyseApplications(plan, sessions),
      sessions,
      destroyed: raw.destroyed.map(({ guest, startedAt, endedAt }) => ({
        guest,
        seconds: startedAt === null || endedAt === null ? null : endedAt - startedAt,
      })),
      load,
      ladders,
      benchmarks,
      trials,
      progress: [
        ...[...new Set(levels)]
          .sort((a, b) => a - b)
          .map((level) => ({
            what: `visits with ${level} running ${level === 1 ? 'guest' : 'guests'}${levelIsEnough(plan, raw.visits, level) ? stopped : ''}`,
            planned: levels.filter((planned) => planned === level).length,
            done: done(level),
          })),
        ...guests.map((guest) => ({
          what: `sessions with ${guest.name}${applicationIsEnough(plan, ended, guest.name) ? stopped : ''}`,
          planned: plan.sessionOrder.filter((name) => name === guest.name).length,
          done: sessions.filter((session) => session.guest === guest.name && session.fault === null).length,
        })),
        ...load.map(({ guest, plannedLadders, ladders: done }) => ({
          what: `ladders of load on ${guest}`,
          planned: plannedLadders,
          done,
        })),
        ...benchmarks.map(({ guest, plannedTrials }) => ({
          what: `benchmarks of ${guest}`,
          planned: plannedTrials,
          done: trials.filter((trial) => trial.guest === guest && trial.fault === null).length,
        })),
      ],
      faults: [
        ...resources.faults,
        ...sessions.flatMap(({ session, guest, fault }) =>
          fault === null ? [] : [`session ${session} (${guest}): ${fault}`],
        ),
        ...ladders.flatMap(({ ladder, guest, fault }) =>
          fault === null ? [] : [`ladder ${ladder} of load (${guest}): ${fault}`],
        ),
        ...trials.flatMap(({ trial, guest, fault }) =>
          fault === null ? [] : [`trial ${trial} of benchmarks (${guest}): ${fault}`],
        ),
        ...raw.impossible,
      ],
    },
    curves: analysed.map(({ curves }) => curves),
    samples: [
      ...resourceSamples(raw.visits, plan),
      ...qosSamples(
        sessions,
        raw.sessions.map(({ session }) => session),
      ),
      ...loadSamples(ladders),
      ...benchmarkSamples(trials),
    ],
  };
}
