import type { Journal } from '../run/journal';

/** One planned visit, session or ladder. */
export interface Repetition {
  /** Name of its files in the run. */
  readonly name: string;
  /** What it is a repetition of, as it is shown: `level 2`, a guest's name. */
  readonly subject: string;
}

interface Making<R extends Repetition> {
  readonly kind: 'visit' | 'session' | 'ladder' | 'trial';
  /** Whether the run has it already, without a fault. */
  readonly isMade: (name: string) => boolean;
  /** Whether those that were made suffice by the plan's rule of precision; absent = each planned one is made. */
  readonly isEnough?: (repetition: R) => boolean;
  /** What is said as the repetition with this number, counted from 1, begins. */
  readonly announce: (repetition: R, number: number) => string;
  /** Makes it and saves it, with its fault if it has one. Returns that fault. */
  readonly make: (repetition: R, index: number) => Promise<string | null>;
  readonly progress: (text: string) => void;
  /** Hears what is made, for those who follow the run. */
  readonly journal?: Pick<Journal, 'write'>;
  /** Aborted when the user wants to stop. */
  readonly signal: AbortSignal;
}

/**
 * Makes every planned repetition that the run does not have yet, in the planned order. One that fails keeps its fault,
 * and the next one is made. Returns the faults. Rejects with the signal's reason if it was aborted.
 */
export async function makeRepetitions<R extends Repetition>(
  repetitions: readonly R[],
  { kind, isMade, isEnough, announce, make, progress, journal, signal }: Making<R>,
): Promise<readonly string[]> {
  const faults: string[] = [];
  for (const [index, repetition] of repetitions.entries()) {
    const { name, subject } = repetition;
    if (isMade(name)) continue;
    signal.throwIfAborted();
    if (isEnough?.(repetition)) {
      journal?.write({ event: 'enough', kind, name });
      progress(`${subject}: precise enough, no further ${kind}`);
      continue;
    }
    progress(announce(repetition, index + 1));
    journal?.write({ event: 'making', kind, name });
    const fault = await make(repetition, index);
    journal?.write({ event: 'made', kind, name, fault });
    if (fault === null) continue;
    faults.push(`${name}: ${fault}`);
    progress(`${subject}: ${fault}`);
  }
  signal.throwIfAborted();
  return faults;
}
