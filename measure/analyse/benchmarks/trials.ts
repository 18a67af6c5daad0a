import type { BenchmarkRun, BenchmarkTrial, Environment, Place, RunPlan } from '../../run/raw-data';
import { benchmarkFigures } from '../figures/benchmark-figures';
import { overRepetitions } from '../figures/over-repetitions';
import { figureSamples, type Sample } from '../figures/sample';
import type { Distribution } from '../statistics/statistics';
import { benchmarks } from './benchmark';
import type { TrialResult } from './trial-result';

/** A guest over its trials. */
export interface GuestBenchmarks {
  readonly guest: string;
  readonly role: string;
  readonly plannedTrials: number;
  /** Those from which something is known. */
  readonly trials: number;
  readonly diskCache: string | null;
  /** A factor: qcow2, raw; null = not known. */
  readonly diskFormat: string | null;
  readonly diskRefused: string | null;
  /** By the keys of the figures. */
  readonly figures: Readonly<Record<string, Distribution | null>>;
}

export function analyseTrials(
  plan: RunPlan,
  acceleration: Environment['acceleration'],
  trials: readonly BenchmarkTrial[],
): readonly TrialResult[] {
  const settings = plan.plan.benchmarks;
  if (settings === undefined) return [];
  return trials.map(({ trial, guest, startedAt, runs, diskCache, diskFormat, diskRefused, fault }) => {
    const valuesOf = (place: Place) =>
      Object.fromEntries(
        benchmarks.map(({ key, benchmark, read }) => {
          const run = runs.find((each) => each.place === place && each.benchmark === benchmark);
          return [key, run === undefined || run.fault !== null ? null : read(run.output, settings)];
        }),
      );
    const ofNode = runs.find(({ place, fileSystem }) => place === 'node' && fileSystem !== null);
    return {
      ...{ trial, guest, startedAt },
      inGuest: valuesOf('guest'),
      onNode: valuesOf('node'),
      stealPercent: acceleration === 'kvm' ? stolen(runs.filter(({ place }) => place === 'guest')) : null,
      nodeFileSystem: ofNode?.fileSystem ?? null,
      ...{ diskCache, diskFormat, diskRefused, fault },
    };
  });
}

/** Steal time by all time of the CPUs, %. */
function stolen(runs: readonly BenchmarkRun[]): number | null {
  const known = runs.flatMap(({ cpu }) => cpu ?? []);
  const sum = (of: 'all' | 'steal') =>
    known.reduce((total, { before, after }) => total + after[of] - before[of], 0);
  return sum('all') > 0 ? (sum('steal') / sum('all')) * 100 : null;
}

/**
 * The trial is the unit of repetition. What failed in a trial is missing in its figures alone: the benchmarks do not
 * depend on each other.
 */
export function analyseBenchmarks(plan: RunPlan, all: readonly TrialResult[]): readonly GuestBenchmarks[] {
  if (!plan.scenarios.includes('benchmarks')) return [];
  return plan.lab.guests.map(({ name, role }) => {
    const own = all.filter(({ guest }) => guest === name);
    const { median } = overRepetitions(benchmarkFigures, own, {
      numberOf: ({ trial }) => trial,
    });
    const last = own.at(-1);
    return {
      guest: name,
      role,
      plannedTrials: (plan.trialOrder ?? []).filter((guest) => guest === name).length,
      trials: own.length,
      diskCache: last?.diskCache ?? null,
      diskFormat: last?.diskFormat ?? null,
      diskRefused: last?.diskRefused ?? null,
      figures: Object.fromEntries(benchmarkFigures.map(({ key }) => [key, median(key)])),
    };
  });
}

/** Values of one trial by the keys of the figures. */
export function trialFigures(trial: TrialResult): Readonly<Record<string, number | null>> {
  return Object.fromEntries(benchmarkFigures.map(({ key, value }) => [key, value?.(trial) ?? null]));
}

export function benchmarkSamples(trials: readonly TrialResult[]): Sample[] {
  return trials.flatMap((whole) => {
    const { trial: repetition, guest: group, startedAt: time } = whole;
    const common = { scenario: 'benchmarks', group, repetition, part: '', time } as const;
    return figureSamples(benchmarkFigures, whole, (metric, value, unit) => ({
      ...common,
      metric,
      value,
      unit,
    }));
  });
}
