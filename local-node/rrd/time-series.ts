/** One moment's figures by name; what could not be had is absent, never 0. */
export type Figures = Readonly<Record<string, number>>;

/** The numbers of a series: base64 of doubles by slot, little-endian, NaN where there is none. */
export interface KeptSeries {
  /** Beginnings of intervals, seconds since the epoch. */
  readonly times: string;
  readonly columns: Readonly<Record<string, string>>;
}

/** A figure's sum and count within the interval that is still open. */
interface Sum {
  sum: number;
  count: number;
}

/**
 * Means over intervals of equal length, the newest `capacity` of them, as in a round-robin database with the function
 * AVERAGE: each interval has a slot, by its time. The interval that is still open is not shown. Numbers and no objects,
 * for there may be a thousand guests with a hundred intervals of a dozen figures each.
 */
export class TimeSeries {
  private readonly times: Float64Array;
  private readonly columns: Map<string, Float64Array>;
  private open?: { readonly time: number; readonly sums: Map<string, Sum> };

  /** Throws if what was kept is of another size. */
  constructor(
    readonly stepSeconds: number,
    readonly capacity: number,
    kept?: KeptSeries,
  ) {
    this.times = kept ? this.numbers(kept.times) : this.empty();
    const columns = Object.entries(kept?.columns ?? {});
    this.columns = new Map(columns.map(([name, text]) => [name, this.numbers(text)]));
  }

  /** `now` in seconds since the epoch. After a clock was set back, what was to come counts no more. */
  add(now: number, figures: Figures): void {
    const time = Math.floor(now / this.stepSeconds) * this.stepSeconds;
    if (this.open && time > this.open.time) this.shut();
    if (this.open?.time !== time) {
      this.open = { time, sums: new Map() };
      for (const [slot, begin] of this.times.entries()) if (begin >= time) this.times[slot] = Number.NaN;
    }
    const { sums } = this.open;
    for (const [name, value] of Object.entries(figures)) {
      const entry = sums.get(name);
      if (!entry) {
        sums.set(name, { sum: value, count: 1 });
        continue;
      }
      entry.sum += value;
      entry.count += 1;
    }
  }

  /** All intervals that lie within `capacity` steps before `now`; those without samples have only their time. */
  rows(now: number): Record<string, number>[] {
    if (this.open && now >= this.open.time + this.stepSeconds) this.shut();
    const last = Math.floor(now / this.stepSeconds) * this.stepSeconds - this.stepSeconds;
    return Array.from({ length: this.capacity }, (_, index) => {
      const time = last - (this.capacity - 1 - index) * this.stepSeconds;
      const row: Record<string, number> = { time };
      const slot = this.slotOf(time);
      if (this.times[slot] !== time) return row;
      for (const [name, column] of this.columns) {
        const value = column[slot];
        if (value !== undefined && !Number.isNaN(value)) row[name] = value;
      }
      return row;
    });
  }

  kept(): KeptSeries {
    const columns = [...this.columns].map(([name, column]) => [name, text(column)]);
    return { times: text(this.times), columns: Object.fromEntries(columns) };
  }

  private shut(): void {
    if (!this.open) return;
    const { time, sums } = this.open;
    const slot = this.slotOf(time);
    for (const column of this.columns.values()) column[slot] = Number.NaN;
    for (const [name, { sum, count }] of sums) {
      const column = this.columns.get(name) ?? this.empty();
      this.columns.set(name, column);
      column[slot] = sum / count;
    }
    this.times[slot] = time;
    this.open = undefined;
  }

  private slotOf(time: number): number {
    const number = Math.round(time / this.stepSeconds) % this.capacity;
    return number < 0 ? number + this.capacity : number;
  }

  private empty(): Float64Array {
    return new Float64Array(this.capacity).fill(Number.NaN);
  }

  private numbers(base64: string): Float64Array {
    const bytes = Buffer.from(base64, 'base64');
    if (bytes.length !== this.capacity * 8) throw new Error(`a series has ${bytes.length} bytes`);
    return new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  }
}

function text(numbers: Float64Array): string {
  return Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength).toString('base64');
}
