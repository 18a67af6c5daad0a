import type { CounterConstants, CounterSample } from '../../run/raw-data';

/** One sample of a visit, and the one before it, from which rates are made. */
export interface Reading {
  /** Undefined = it is the first. */
  readonly before: CounterSample | undefined;
  readonly sample: CounterSample;
  readonly constants: CounterConstants;
}

/** The same of one guest. */
export interface GuestReading extends Reading {
  readonly guest: CounterSample['guests'][number];
}
