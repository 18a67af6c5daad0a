/** Where the run stands, for the person who waits; on a terminal and in a log alike, one line per step. */
export class Progress {
  private readonly begin: number;

  constructor(
    /** `isMost`: it may well be over sooner. */
    private readonly estimate: { readonly seconds: number; readonly isMost: boolean },
    private readonly write: (line: string) => void,
    private readonly now: () => number = () => performance.now() / 1000,
  ) {
    this.begin = now();
  }

  readonly say = (text: string): void => {
    const elapsed = this.now() - this.begin;
    const { seconds, isMost } = this.estimate;
    const whole = `${isMost ? 'at most about' : 'about'} ${minutes(Math.max(seconds, elapsed))}`;
    this.write(`[${minutes(elapsed)} of ${whole}] ${text}`);
  };
}

/** 83 s as 1:23. */
export function minutes(seconds: number): string {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}
