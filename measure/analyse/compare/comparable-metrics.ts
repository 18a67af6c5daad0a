import { allFigures, type Catalogue } from '../figures/catalogue';
import { figureAt, type NamedFigure, nameLeaf, type Unit } from '../figures/figure';
import { leavesOf } from '../figures/leaves';
import { agreementFigure } from '../figures/visit-figures';
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
  readonly repetition: 'visit' | 'block' | 'session' | 'power change' | 'ladder';
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
      find(level, `level ${level.level}`, 'visit', catalogue.visits).map((metric) => ({
        ...metric,
        notes: levelNotes(level, metric.path),
      })),
    ),
    ...increments.flatMap((step) =>
      find(step, `step ${step.from} to ${step.to}`, 'block', catalogue.increments),
    ),
    ...power.flatMap((change) =>
      find(change, `${change.action} of ${change.guest}`, 'power change', catalogue.visits, ['changes']),
    ),
    ...agreement.flatMap((each) =>
      find({ difference: each.difference }, `agreement, ${each.quantity}`, 'visit', [
        { ...agreementFigure(each.quantity), key: 'difference' },
      ]),
    ),
    ...summary.applications.flatMap((application) =>
      find(application, application.guest, 'session', catalogue.applications).map((metric) => ({
        ...metric,
        notes: applicationNotes(application, metric),
      })),
    ),
    ...summary.load.flatMap((application) =>
      find(application, loadGroup(application), 'ladder', catalogue.brackets).map((metric) => ({
        ...metric,
        notes: ['only rates of the ladder can be found'],
      })),
    ),
  ];
}

/** What ladders of load on an application are called. */
export function loadGroup({ guest }: Summary['load'][number]): string {
  return `load on ${guest}`;
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

function applicationNotes(
  { missingBecause, resolutionMs }: Summary['applications'][number],
  { unit, values }: Metric,
): readonly string[] {
  if (missingBecause !== null) return [`not installed: ${missingBecause}`];
  const tooFine = unit === 'ms' && values !== null && resolutionMs !== null && values.median < resolutionMs;
  return tooFine ? ['below the resolution of the clock'] : [];
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
    return [{ ...nameLeaf(leaf, figure), repetition, values: leaf.value, notes: [] }];
  });
}

export function isDistribution(node: unknown): node is Distribution {
  return (
    typeof node === 'object' && node !== null && 'median' in node && 'values' in node && 'interval' in node
  );
}
