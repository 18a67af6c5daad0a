/** One measured value in long form, as samples.csv holds it. */
export interface Sample {
  readonly scenario: 'resources' | 'qos';
  /** `level <n>` in scenario 1, the guest's name in scenario 2. */
  readonly group: string;
  /** Number of the visit or session: the unit of repetition. */
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
