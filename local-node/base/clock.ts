/** Time, under the control of tests. */
export interface Clock {
  /** Time of day, milliseconds since the epoch. May go back when somebody sets the clock. */
  now(): number;
  /** Milliseconds since some moment, which only grow: for how long something lasts. */
  steady(): number;
}

export const systemClock: Clock = { now: () => Date.now(), steady: () => performance.now() };
