import { defaultSides, type Sides } from '../../analyse/compare/comparability';
import type { MetricComparison, RunComparison } from '../../analyse/compare/compare-runs';
import type { Unit } from '../../analyse/figures/figure';
import type { Interval } from '../../analyse/statistics/median-interval';
import { coverage, missing, number, quantity, type Scale, scales } from '../document/format';

type Compared = Pick<MetricComparison, 'effect' | 'a' | 'b' | 'unit'>;

/** One plain sentence on one metric. */
export function comparisonSentence(metric: MetricComparison, [A, B]: Sides = defaultSides): string {
  const { group, name, effect, a, b } = metric;
  const what = `${group}, ${name}`;
  const notes = metric.notes.length > 0 ? ` (${metric.notes.join('; ')})` : '';
  if (effect === null) {
    if (metric.verdict === 'not comparable') return `${what}: not compared${notes}.`;
    const side = a === null ? (b === null ? `${A} nor ${B}` : A) : B;
    return `${what}: not measured in ${side}, so there is nothing to compare${notes}.`;
  }
  const n = `n = ${a?.n} and ${b?.n}`;
  if (effect.interval === null) {
    return `${what}: too few repetitions for an interval (${n}; 3 and 3 are the least); the medians differ by ${difference(metric)}${notes}.`;
  }
  const figures = [
    `difference ${difference(metric)}`,
    ...(effect.ratio === null ? [] : [`ratio ${ratio(metric)}`]),
    `Cliff's delta ${number(effect.cliffsDelta)}`,
    `p ${probability(metric)}`,
    n,
  ].join(', ');
  const direction = effect.difference > 0 ? 'higher' : 'lower';
  if (metric.verdict === 'do not differ')
    return `${A} and ${B} do not differ in ${what}: ${figures}${notes}.`;
  if (metric.verdict === 'differ') {
    return `${A} and ${B} differ in ${what}: ${B} is ${direction}; ${figures}${notes}.`;
  }
  return `${A} and ${B} may differ in ${what}: ${B} is ${direction}; ${figures}. But so few repetitions have no surer interval, and equal runs look so in ${number(100 - effect.interval.difference.coveragePercent)} of 100 comparisons${notes}.`;
}

/** "0.3 ms [−0.4, 1.1], 97 %", B less A. */
export function difference({ effect, a, b, unit }: Compared): string {
  if (effect === null) return missing;
  const scale = scaleOf(unit, Math.max(Math.abs(a?.median ?? 0), Math.abs(b?.median ?? 0)));
  const value = number(effect.difference / scale.factor);
  return `${value}${scale.unit === '' ? '' : ` ${scale.unit}`}${range(effect.interval?.difference ?? null, scale.factor)}`;
}

export function ratio({ effect }: Pick<Compared, 'effect'>): string {
  if (effect === null || effect.ratio === null) return '–';
  return `${number(effect.ratio)}${range(effect.interval?.ratio ?? null)}`;
}

/** " [−0.4, 1.1], 97 %"; empty where there is no interval. */
function range(interval: Interval | null, factor = 1): string {
  if (interval === null) return '';
  return ` [${number(interval.low / factor)}, ${number(interval.high / factor)}], ${coverage(interval)}`;
}

/** "0.0317 (least possible 0.00794)": p of Mann and Whitney, with the smallest that so many repetitions can have. */
export function probability({ effect }: Pick<Compared, 'effect'>): string {
  return effect === null ? '–' : `${chance(effect.pValue)} (least possible ${chance(effect.smallestPValue)})`;
}

function chance(p: number): string {
  return p < 0.00001 ? '<0.00001' : number(p);
}

/** Median of one side, in the unit of both. */
export function sideMedian({ a, b, unit }: MetricComparison, side: 'a' | 'b'): string {
  const own = side === 'a' ? a : b;
  if (own === null) return missing;
  const scale = scaleOf(unit, Math.max(Math.abs(a?.median ?? 0), Math.abs(b?.median ?? 0)));
  return `${quantity(own.median / scale.factor, scale.unit)}, n = ${own.n}`;
}

/** What a reader must know before the figures: obstacles first, then cautions. */
export function comparisonPreamble(comparison: RunComparison): readonly string[] {
  const { a, b, sides, obstacles, cautions } = comparison;
  const label = (text: string | null): string => (text === null ? '' : ` (${text})`);
  return [
    `${sides[0]} = ${a.run}${label(a.label)}, ${sides[1]} = ${b.run}${label(b.label)}`,
    ...obstacles.map((obstacle) => `NOT COMPARABLE: ${obstacle}`),
    ...cautions.map((caution) => `Note: ${caution}`),
  ];
}

/** How the verdicts are to be read, the number of comparisons among it. */
export function comparisonReading({ multiplicity, sides: [A, B] }: RunComparison): string {
  return `${effectsReading(A, B)} ${manyReading(multiplicity, `${A} and ${B}`)}`;
}

/** What the effects of B against A are, and their verdicts. */
export function effectsReading(A: string, B: string): string {
  return (
    `Differences are medians of those of every repetition of ${B} and every one of ${A} (Hodges and Lehmann), which need not be the difference of the medians. ` +
    'Beside each interval stands how often such an interval covers. p is that of Mann and Whitney, two-sided and exact; in brackets the smallest that so many repetitions can have. ' +
    '"Do not differ" means that the interval holds 0: a difference as large as its ends is not ruled out.'
  );
}

/** How many figures would differ by chance. */
export function manyReading(
  { judged, differ, byChance }: RunComparison['multiplicity'],
  runs: string,
): string {
  return (
    `Of ${judged} metrics with an interval, ${differ} leave 0 out; if ${runs} were equal, up to about ${number(byChance, 2)} would by chance ` +
    'alone, and metrics of the same visits or sessions go together. Intervals are not widened for their number: ' +
    'a metric that matters should be named beforehand with --metric.'
  );
}

/** The unit that a quantity of such a size is shown in. */
export function scaleOf(unit: Unit, magnitude: number): Scale {
  switch (unit) {
    case 'B':
      return magnitude < scales.gibibytes.factor ? scales.mebibytes : scales.gibibytes;
    case 'bit/s':
      return magnitude < scales.megabits.factor ? scales.kilobits : scales.megabits;
    case 'ms':
      return magnitude < 0.1 && magnitude > 0 ? scales.microseconds : scales.milliseconds;
    case '1/s':
      return scales.perSecond;
    case 's':
      return scales.seconds;
    case '%':
      return scales.percent;
    default:
      return scales.plain;
  }
}
