/** Remembers for a span of time when each key was last seen, in memory of about two such spans. */
export class RecentKeys {
  private recent = new Map<number, number>();
  private older = new Map<number, number>();
  private began = Number.NEGATIVE_INFINITY;

  constructor(private readonly spanNanoseconds: number) {}

  add(key: number, time: number): void {
    if (!(Math.abs(time - this.began) <= this.spanNanoseconds)) {
      [this.older, this.recent] = [this.recent, this.older];
      this.recent.clear();
      this.began = time;
    }
    this.recent.set(key, time);
  }

  /** Whether the key was seen within the span before `time`. */
  has(key: number, time: number): boolean {
    const last = this.recent.get(key) ?? this.older.get(key);
    return last !== undefined && Math.abs(time - last) <= this.spanNanoseconds;
  }
}
