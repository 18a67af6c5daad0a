import type { Unit } from '../figures/figure';
import { type EffectSize, effectSize } from '../statistics/effect-size';
import { wantedPercent } from '../statistics/median-interval';
import type { Distribution } from '../statistics/statistics';
import type { Summary } from '../summary';
import {
  type ComparabilityFindings,
  comparability,
  defaultSides,
  emulationFault,
  type Sides,
} from './comparability';
import { comparableMetrics, type Metric } from './comparable-metrics';

/**
 * - `differ`: the interval of the difference leaves 0 out.
 * - `do not differ`: it holds 0; a difference as large as its ends is not ruled out.
 * - `undecided`: it leaves 0 out, but with so few repetitions equal runs do so in more than 5 of 100 comparisons.
 * - `too few`: a side has fewer than 3 repetitions, so that there is no interval.
 * - `not measured`: a side has no value.
 * - `not comparable`: one side is emulated, and the figure is of CPU or times.
 */
export type ComparisonVerdict =
  | 'differ'
  | 'do not differ'
  | 'undecided'
  | 'too few'
  | 'not measured'
  | 'not comparable';

export interface MetricComparison {
  readonly path: string;
  readonly group: string;
  readonly name: string;
  readonly unit: Unit;
  readonly repetition: Metric['repetition'];
  /** Null = not measured. */
  readonly a: Distribution | null;
  readonly b: Distribution | null;
  /** B against A; null where a side has no value. */
  readonly effect: EffectSize | null;
  readonly verdict: ComparisonVerdict;
  readonly notes: readonly string[];
}

export interface RunComparison extends ComparabilityFindings {
  readonly a: { readonly run: string; readonly label: Summary['label'] };
  readonly b: { readonly run: string; readonly label: Summary['label'] };
  /** What they are called in texts. */
  readonly sides: Sides;
  readonly metrics: readonly MetricComparison[];
  /** How many metrics had an interval, how many differ, and how many would by chance if the runs were equal throughout. */
  readonly multiplicity: { readonly judged: number; readonly differ: number; readonly byChance: number };
}

/** Pure. `only`: metrics whose group or name holds this text, chosen before looking; undefined = all. */
export function compareRuns(
  a: Summary,
  b: Summary,
  only?: string,
  sides: Sides = defaultSides,
): RunComparison {
  const [ofA, ofB] = [a, b].map(
    (summary) => new Map(comparableMetrics(summary).map((each) => [each.path, each])),
  ) as [Map<string, Metric>, Map<string, Metric>];
  const wanted = only?.toLowerCase();
  const fault = emulationFault(a, b, sides);
  const metrics = [...new Set([...ofA.keys(), ...ofB.keys()])].flatMap((path) => {
    const metric = ofA.get(path) ?? ofB.get(path);
    if (!metric) return [];
    const title = `${metric.group}: ${metric.name}`.toLowerCase();
    if (wanted !== undefined && !title.includes(wanted)) return [];
    const compared = compareMetric(metric, ofA.get(path), ofB.get(path), sides);
    return [fault === undefined || isOfNoClock(metric) ? compared : refused(compared, fault)];
  });
  const judged = metrics.filter(({ effect }) => effect?.interval);
  const chance = judged.reduce(
    (sum, { effect }) => sum + 1 - (effect?.interval?.difference.coveragePercent ?? wantedPercent) / 100,
    0,
  );
  return {
    a: { run: a.run, label: a.label },
    b: { run: b.run, label: b.label },
    sides,
    ...comparability(a, b, sides),
    metrics,
    multiplicity: {
      judged: judged.length,
      differ: metrics.filter(({ verdict }) => verdict === 'differ' || verdict === 'undecided').length,
      byChance: chance,
    },
  };
}

function compareMetric(
  metric: Metric,
  a: Metric | undefined,
  b: Metric | undefined,
  [sideA, sideB]: Sides,
): MetricComparison {
  const [valuesA, valuesB] = [a?.values ?? null, b?.values ?? null];
  const effect = valuesA && valuesB ? effectSize(valuesA.values, valuesB.values) : null;
  const { path, group, name, unit, repetition } = metric;
  return {
    path,
    group,
    name,
    unit,
    repetition,
    a: valuesA,
    b: valuesB,
    effect,
    verdict: verdictOf(effect),
    notes: [
      ...(a?.notes ?? []).map((note) => `${sideA}: ${note}`),
      ...(b?.notes ?? []).map((note) => `${sideB}: ${note}`),
    ],
  };
}

/** Memory, disk, and what part of packets is lost, can be set beside each other whatever runs the guests. */
function isOfNoClock({ unit, path }: Metric): boolean {
  return unit === 'B' || /loss|memory|root(Used|Disk)/i.test(path);
}

function refused(compared: MetricComparison, why: string): MetricComparison {
  const { a, b, notes } = compared;
  if (a === null || b === null) return compared;
  return { ...compared, effect: null, verdict: 'not comparable', notes: [...notes, why] };
}

export function verdictOf(effect: EffectSize | null): ComparisonVerdict {
  if (effect === null) return 'not measured';
  if (effect.interval === null) return 'too few';
  const { low, high, coveragePercent } = effect.interval.difference;
  if (low <= 0 && high >= 0) return 'do not differ';
  return coveragePercent < wantedPercent ? 'undecided' : 'differ';
}
