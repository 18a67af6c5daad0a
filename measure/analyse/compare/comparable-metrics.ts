import { allFigures, type Catalogue, repetitions } from '../figures/catalogue';
import { agreementFigure } from '../figures/difference-figures';
import { figureAt, type NamedFigure, nameLeaf, type Repetition, type Unit } from '../figures/figure';
import { leavesOf } from '../figures/leaves';
import type { Resolution, Steps } from '../figures/resolution';
import type { Distribution } from '../statistics/statistics';
import type { Summary } from '../summary';

/** One metric of a run's summary over its repetitions. */
export interface Metric {
  /** Where it stands in summary.json, with names in place of indices: `levels/level 2/cpuPercent`. */
  readonly path: string;
  /** The level or the application. */
  readonly group: string;
  readonly name: string;
  readonly unit: Unit;
  /** What one repetition is. */
  readonly repetition: Repetition;
  /** Absent = it has none of its own. */
  readonly resolution?: Resolution;
  /** Null = not measured. */
  readonly values: Distribution | null;
  /** What a reader must know of it; empty = nothing. */
  readonly notes: readonly string[];
}

/**
 * Every figure of a summary that has repetitions. Not among them: single visits and sessions, which are the repetitions
 * themselves. Of load only the bracket is compared: which rates a ladder offers in between depends on it.
 */
export function comparableMetrics(summary: Summary, catalogue: Catalogue = allFigures): readonly Metric[] {
  const { levels, increments, power, agreement } = summary.resources;
  return [
    ...levels.flatMap((level) =>
      find(level, `level ${level.level}`, repetitions.visits, catalogue.visits).map((metric) => ({
        ...metric,
        notes: [
          ...metric.notes,
          ...levelNotes(level, metric.path),
          ...(isByDefinition(level, metric)
            ? []
            : resolutionNotes(metric, { tick: summary.resources.cpuStepPercent })),
        ],
      })),
    ),
    ...increments.flatMap((step) =>
      find(step, `step ${step.from} to ${step.to}`, repetitions.increments, catalogue.increments),
    ),
    ...power.flatMap((change) =>
      find(change, `${change.action} of ${change.guest}`, repetitions.visits, catalogue.visits, ['changes']),
    ),
    ...agreement.flatMap((each) =>
      find({ difference: each.difference }, `agreement, ${each.quantity}`, repetitions.agreement, [
        { ...agreementFigure(each.quantity), key: 'difference' },
      ]),
    ),
    ...summary.applications.flatMap((application) =>
      find(application, application.guest, repetitions.applications, catalogue.applications).map(
        (metric) => ({
          ...metric,
          notes: [...metric.notes, ...applicationNotes(application, metric)],
        }),
      ),
    ),
    ...summary.load.flatMap((application) =>
      find(application, loadGroup(application), repetitions.brackets, catalogue.brackets).map((metric) => ({
        ...metric,
        notes: [...metric.notes, 'only rates of the ladder can be found'],
      })),
    ),
    ...summary.benchmarks.flatMap((guest) =>
      find(guest.figures, benchmarksGroup(guest), repetitions.benchmarks, catalogue.benchmarks),
    ),
  ];
}

/** What ladders of load on an application are called. */
export function loadGroup({ guest }: { readonly guest: string }): string {
  return `load on ${guest}`;
}

/** What the benchmarks of a guest are called. */
export function benchmarksGroup({ guest }: { readonly guest: string }): string {
  return `benchmarks of ${guest}`;
}

function levelNotes(level: Summary['resources']['levels'][number], path: string): readonly string[] {
  const index = Number(path.match(/loadAverage (\d)$/)?.[1] ?? Number.NaN);
  return [
    ...(level.loadTransient[index] === true ? ['transient'] : []),
    ...(level.transientVisits > 0
      ? [`${level.transientVisits} of ${level.visits} visits never settled`]
      : []),
    ...(level.disturbedVisits > 0 ? [`${level.disturbedVisits} of ${level.visits} visits disturbed`] : []),
  ];
}

/** Where no guest is meant to run, the CPU of the guests is 0 without being measured. */
function isByDefinition({ level }: Summary['resources']['levels'][number], { path }: Metric): boolean {
  return level === 0 && path.endsWith('/guestsCpuPercent');
}

function applicationNotes(
  { missingBecause, resolutionMs }: Summary['applications'][number],
  metric: Metric,
): readonly string[] {
  if (missingBecause !== null) return [`not installed: ${missingBecause}`];
  return resolutionNotes(metric, { clock: resolutionMs });
}

/** A median below what the instrument tells apart is no figure; a difference of two of them is none either. */
function resolutionNotes({ resolution, values }: Metric, steps: Steps): readonly string[] {
  const step = resolution === undefined ? null : (steps[resolution] ?? null);
  const tooFine = step !== null && values !== null && values.median < step;
  return tooFine ? [`below the resolution of the ${resolution}`] : [];
}

function dependenceNotes({ dependence }: Distribution): readonly string[] {
  return dependence?.widens ? ['neighbours in time are alike, so its interval and p are too sure'] : [];
}

function find(
  node: unknown,
  group: string,
  repetition: Metric['repetition'],
  figures: readonly NamedFigure[],
  prefix: readonly string[] = [],
): readonly Metric[] {
  return leavesOf(node, isDistribution, [group]).flatMap((leaf) => {
    const figure = figureAt(figures, leaf, prefix);
    if (figure === undefined) return [];
    return [
      {
        ...nameLeaf(leaf, figure),
        repetition: figure.repetition ?? repetition,
        resolution: figure.resolution,
        values: leaf.value,
        notes: dependenceNotes(leaf.value),
      },
    ];
  });
}

export function isDistribution(node: unknown): node is Distribution {
  return (
    typeof node === 'object' && node !== null && 'median' in node && 'values' in node && 'interval' in node
  );
}
