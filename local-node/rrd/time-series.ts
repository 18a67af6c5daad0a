/** One moment's figures by name; what could not be had is absent, never 0. */
export type Figures = Readonly<Record<string, number>>;

/** Means of one interval; `time` is its beginning, seconds since the epoch. */
export interface Point {
  readonly time: number;
  readonly figures: Figures;
}

/** A figure's sum and count within the interval that is still open. */
interface Open {
  readonly time: number;
  readonly sums: Map<string, { sum: number; count: number }>;
}

/**
 * Means over intervals of equal length, the newest `capacity` of them, as in a round-robin database with the function
 * AVERAGE. The interval that is still open is not shown.
 */
export class TimeSeries {
  private points: Point[];
  private open?: Open;

  constructor(
    readonly stepSeconds: number,
    readonly capacity: number,
    points: readonly Point[] = [],
  ) {
    this.points = points.slice(-capacity);
  }

  /** `now` in seconds since the epoch. After a clock was set back, what was to come counts no more. */
  add(now: number, figures: Figures): void {
    const time = Math.floor(now / this.stepSeconds) * this.stepSeconds;
    if (this.open && time > this.open.time) this.shut(this.open);
    if (this.open?.time !== time) {
      this.open = { time, sums: new Map() };
      this.points = this.points.filter((point) => point.time < time);
    }
    for (const [name, value] of Object.entries(figures)) {
      const entry = this.open.sums.get(name) ?? { sum: 0, count: 0 };
      this.open.sums.set(name, { sum: entry.sum + value, count: entry.count + 1 });
    }
  }

  /** All intervals that lie within `capacity` steps before `now`; those without samples have only their time. */
  rows(now: number): Record<string, number>[] {
    if (this.open && now >= this.open.time + this.stepSeconds) this.shut(this.open);
    const last = Math.floor(now / this.stepSeconds) * this.stepSeconds - this.stepSeconds;
    const known = new Map(this.points.map((point) => [point.time, point.figures]));
    return Array.from({ length: this.capacity }, (_, index) => {
      const time = last - (this.capacity - 1 - index) * this.stepSeconds;
      return { time, ...known.get(time) };
    });
  }

  kept(): readonly Point[] {
    return this.points;
  }

  private shut(open: Open): void {
    const means = [...open.sums].map(([name, { sum, count }]): [string, number] => [name, sum / count]);
    this.points.push({ time: open.time, figures: Object.fromEntries(means) });
    this.points = this.points.slice(-this.capacity);
    this.open = undefined;
  }
}
