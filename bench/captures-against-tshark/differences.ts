export const measures = ['packets', 'bytes', 'microseconds', 'sessions', 'again'] as const;
export type Measure = (typeof measures)[number];
/** `microseconds` from the earliest frame to the latest; `again` is retransmissions and what came out of order. */
export type Figures = Readonly<Record<Measure, number>>;

export interface Reading {
  /** Null = the file was refused. */
  readonly figures: Figures | null;
  readonly refused: string | null;
  readonly partial: string | null;
  /** Ours: what was not read. Tshark's: the protocols that were found. */
  readonly kinds: readonly string[];
}

/** The known kind of a difference; null = there is none. */
export function explain(_measure: Measure, _ours: Reading, _theirs: Reading): string | null {
  return null;
}
