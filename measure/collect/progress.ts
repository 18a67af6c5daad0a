import { type LiveLine, minutes, type Wait } from '../../machine/live-line';
import type { Journal } from '../run/journal';

/** Seconds, about; `isMost`: it may well be over sooner. */
export interface Estimate {
  readonly seconds: number;
  readonly isMost: boolean;
}

/** Where the run stands, for the person who waits: a line for each step, and one that lives where there is a terminal. */
export class Progress {
  private wait: Wait;
  private journal?: Pick<Journal, 'write'>;
  private measuring?: Estimate & { readonly begin: number };

  constructor(
    private readonly line: Pick<LiveLine, 'say' | 'waitFor'>,
    private readonly now: () => number = () => performance.now() / 1000,
  ) {
    this.wait = line.waitFor('Prepare');
  }

  /** Measuring begins: from here on lines tell the time, and the journal has them too. */
  begin(estimate: Estimate, journal?: Pick<Journal, 'write'>): void {
    this.journal = journal;
    this.wait.end();
    this.measuring = { ...estimate, begin: this.now() };
    this.wait = this.line.waitFor('Measure', { expected: estimate.seconds, isMost: estimate.isMost });
  }

  readonly say = (text: string): void => {
    this.line.say(`${this.times()}${text}`);
    this.wait.step(text);
    this.journal?.write({ event: 'step', text });
  };

  end(): void {
    this.wait.end();
  }

  private times(): string {
    if (!this.measuring) return '';
    const { begin, seconds, isMost } = this.measuring;
    const elapsed = this.now() - begin;
    const whole = `${isMost ? 'at most about' : 'about'} ${minutes(Math.max(seconds, elapsed))}`;
    return `[${minutes(elapsed)} of ${whole}] `;
  }
}
