/** Where the run stands, for the person who waits; on a terminal and in a log alike, one line per step. */
export class Progress {
  private readonly begin: number;

  constructor(
    private readonly estimateSeconds: number,
    private readonly write: (line: string) => void,
    private readonly now: () => number = () => performance.now() / 1000,
  ) {
    this.begin = now();
  }

  readonly say = (text: string): void => {
    const elapsed = this.now() - this.begin;
    this.write(`[${minutes(elapsed)} of about ${minutes(Math.max(this.estimateSeconds, elapsed))}] ${text}`);
  };
}

/** 83 s as 1:23. */
export function minutes(seconds: number): string {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}
