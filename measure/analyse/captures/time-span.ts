/**
 * From the first packet of something to its last, Unix nanoseconds. They are integers, since Unix seconds in a double
 * have steps of 238 ns today. Null = nothing with a time.
 */
export interface TimeSpan {
  readonly firstAt: bigint | null;
  readonly lastAt: bigint | null;
}

/** First to last of some parts, seconds; null where there is no time. */
export function spanSeconds(parts: readonly TimeSpan[]): number | null {
  let first: bigint | null = null;
  let last: bigint | null = null;
  for (const { firstAt, lastAt } of parts) {
    if (firstAt !== null && (first === null || firstAt < first)) first = firstAt;
    if (lastAt !== null && (last === null || lastAt > last)) last = lastAt;
  }
  return first === null || last === null ? null : Number(last - first) / 1e9;
}

/** For people and for programs that want no more than microseconds. */
export function unixSeconds(time: bigint | null): number | null {
  return time === null ? null : Number(time) / 1e9;
}
