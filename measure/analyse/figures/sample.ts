import type { Scenario } from '../../run/raw-data';
import type { Figure } from './figure';

/** One measured value in long form, as samples.csv holds it. */
export interface Sample {
  readonly scenario: Scenario;
  /** `level <n>` in scenario 1, else the guest's name. */
  readonly group: string;
  /** Number of the visit, session or ladder: the unit of repetition. */
  readonly repetition: number;
  /** What the value belongs to, where it is a part of the group: a guest, a page, a direction; else empty. */
  readonly part: string;
  readonly metric: string;
  /** Null = not measured. */
  readonly value: number | null;
  readonly unit: string;
  /** Unix seconds; the start of the visit or session for values that sum it up. */
  readonly time: number;
}

type Row = (metric: string, value: number | null, unit: string) => Sample;

const unitOf = (unit: string): string => (unit === '' ? '1' : unit);

/** The rows of one repetition. */
export function figureSamples<Of>(figures: readonly Figure<Of>[], of: Of, row: Row): Sample[] {
  return figures.flatMap((figure) => {
    const { sample, value, unit } = figure;
    const own = sample === undefined || value === undefined ? [] : [row(sample, value(of), unitOf(unit))];
    return [...own, ...partSamples([figure], of, row)];
  });
}

/** The rows of one part of a repetition. */
export function partSamples<Part>(
  figures: readonly Pick<Figure<never, Part>, 'unit' | 'rows'>[],
  part: Part,
  row: Row,
): Sample[] {
  return figures.flatMap(({ unit, rows = [] }) =>
    rows.map((each) => row(each.metric, each.value(part), unitOf(each.unit ?? unit))),
  );
}
