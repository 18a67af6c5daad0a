import type { EffectSize } from '../statistics/effect-size';
import type { Distribution } from '../statistics/statistics';
import type { Summary } from '../summary';
import type { ComparabilityFindings } from './comparability';
import {
  type ComparisonVerdict,
  compareRuns,
  type MetricComparison,
  type RunComparison,
} from './compare-runs';

/** One run of a series. */
export interface SeriesRun {
  /** What it is called in texts: A is the first. */
  readonly side: string;
  readonly run: string;
  readonly label: Summary['label'];
  /** When its plan was registered, UTC. */
  readonly registeredAt: string;
}

/** A figure in one run of a series. */
export interface SeriesPoint {
  readonly side: string;
  /** Null = not measured. */
  readonly values: Distribution | null;
  /** Against the first run; null for the first itself. */
  readonly comparison: { readonly effect: EffectSize | null; readonly verdict: ComparisonVerdict } | null;
  readonly notes: readonly string[];
}

export interface SeriesFigure
  extends Pick<MetricComparison, 'path' | 'group' | 'name' | 'unit' | 'repetition'> {
  /** One for each run, in the order of the series. */
  readonly points: readonly SeriesPoint[];
}

/** Runs in the order of their dates, each compared with the first as any two runs are. */
export interface RunSeries extends ComparabilityFindings {
  readonly runs: readonly SeriesRun[];
  readonly figures: readonly SeriesFigure[];
  /** Over all comparisons with the first run. */
  readonly multiplicity: RunComparison['multiplicity'];
}

/** Pure. `only`: metrics whose group or name holds this text, chosen before looking. Throws RangeError for less than two runs. */
export function compareSeries(summaries: readonly Summary[], only?: string): RunSeries {
  const [first, ...others] = byDate(summaries);
  if (first === undefined || others.length === 0) throw new RangeError('a series has two runs or more');
  const comparisons = others.map((other, index) =>
    compareRuns(first, other, only, [sideName(0), sideName(index + 1)]),
  );
  const sum = (key: keyof RunComparison['multiplicity']): number =>
    comparisons.reduce((total, { multiplicity }) => total + multiplicity[key], 0);
  const unique = (of: (findings: ComparabilityFindings) => readonly string[]): readonly string[] => [
    ...new Set(comparisons.flatMap(of)),
  ];
  return {
    runs: [first, ...others].map(({ run, label, plan }, index) => ({
      ...{ side: sideName(index), run, label },
      registeredAt: plan.registeredAt,
    })),
    obstacles: unique(({ obstacles }) => obstacles),
    cautions: unique(({ cautions }) => cautions),
    figures: figuresOf(comparisons),
    multiplicity: { judged: sum('judged'), differ: sum('differ'), byChance: sum('byChance') },
  };
}

/** By the time at which their plans were registered; equal times stay in the order given. */
export function byDate(summaries: readonly Summary[]): readonly Summary[] {
  const time = ({ plan }: Summary): number => Date.parse(plan.registeredAt);
  return summaries.toSorted((one, other) => time(one) - time(other));
}

/** A, B ... Z, AA, AB ..., as spreadsheets name their columns. */
export function sideName(index: number): string {
  const letter = String.fromCharCode('A'.charCodeAt(0) + (index % 26));
  return index < 26 ? letter : sideName(Math.floor(index / 26) - 1) + letter;
}

function figuresOf(comparisons: readonly RunComparison[]): readonly SeriesFigure[] {
  const byPath = comparisons.map(({ metrics }) => new Map(metrics.map((metric) => [metric.path, metric])));
  const paths = new Set(byPath.flatMap((metrics) => [...metrics.keys()]));
  return [...paths].flatMap((path) => {
    const found = byPath.map((metrics) => metrics.get(path));
    const known = found.find((metric) => metric !== undefined);
    if (known === undefined) return [];
    const { group, name, unit, repetition } = known;
    const of = (notes: readonly string[], side: string): readonly string[] =>
      notes.filter((note) => note.startsWith(`${side}: `)).map((note) => note.slice(side.length + 2));
    const first: SeriesPoint = {
      side: sideName(0),
      values: known.a,
      comparison: null,
      notes: of(known.notes, sideName(0)),
    };
    const later = found.map((metric, index): SeriesPoint => {
      const side = sideName(index + 1);
      return {
        side,
        values: metric?.b ?? null,
        comparison: { effect: metric?.effect ?? null, verdict: metric?.verdict ?? 'not measured' },
        notes: of(metric?.notes ?? [], side),
      };
    });
    return [{ path, group, name, unit, repetition, points: [first, ...later] }];
  });
}
