import type { Scenario } from '../../run/raw-data';

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
