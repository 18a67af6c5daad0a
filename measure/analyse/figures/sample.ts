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

/** The rows of the figures that have one, of one repetition. */
export function figureSamples<Of>(
  figures: readonly Figure<Of>[],
  of: Of,
  row: (metric: string, value: number | null, unit: string) => Sample,
): Sample[] {
  return figures.flatMap(({ sample, value, unit }) =>
    sample === undefined || value === undefined ? [] : [row(sample, value(of), unit === '' ? '1' : unit)],
  );
}
