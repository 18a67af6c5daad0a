import { createColors } from 'picocolors';

/** What is waited for, as it is drawn. Times in seconds. */
export interface Waiting {
  readonly title: string;
  readonly elapsed: number;
  /** How long it takes in all, about; undefined = nobody knows. */
  readonly expected?: number;
  /** It may well be over sooner. */
  readonly isMost?: boolean;
  /** How much is done, 0 to 1, where nobody knows how long it takes. */
  readonly share?: number;
  /** What is under way. */
  readonly detail?: string;
}

/** Something that is waited for; the line shows it until it ends. */
export interface Wait {
  /** What is under way now. */
  step(detail: string): void;
  /** How much is done, 0 to 1. */
  reached(share: number): void;
  end(): void;
}

type Output = Pick<NodeJS.WriteStream, 'write' | 'isTTY' | 'columns'>;

/** What a person sees as a wait, seconds: nothing shorter is drawn. */
const PATIENCE = 2;
const REDRAW = 1000;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const CLEAR = '\r\x1b[2K';

/**
 * One line at the end of the terminal that says what is waited for, with a bar, the time taken and the time left; whatever
 * else is said stays above it. Without a terminal, with NO_COLOR, in CI or on a dumb terminal there are only plain lines.
 * It is gone when the wait ends, when the process exits and when a signal ends it.
 */
export class LiveLine {
  private readonly isLive: boolean;
  private readonly waits: (Omit<Waiting, 'elapsed'> & { readonly begin: number })[] = [];
  private timer?: NodeJS.Timeout;
  private isDrawn = false;
  private isAsking = false;

  constructor(
    private readonly out: Output,
    env: NodeJS.ProcessEnv = process.env,
    private readonly now: () => number = () => performance.now() / 1000,
  ) {
    this.isLive = out.isTTY === true && !env.NO_COLOR && !env.CI && env.TERM !== 'dumb';
  }

  /** A line that stays. */
  readonly say = (line: string): void => {
    this.erase();
    this.out.write(`${line}\n`);
    this.draw();
  };

  /** Shows a wait from its third second on. Of several the one that began last is shown. */
  waitFor(title: string, of: Pick<Waiting, 'expected' | 'isMost'> = {}): Wait {
    let shown = { title, ...of, begin: this.now() } as (typeof this.waits)[number];
    this.waits.push(shown);
    const change = (to: Partial<Waiting>): void => {
      const index = this.waits.indexOf(shown);
      if (index < 0) return;
      shown = { ...shown, ...to };
      this.waits[index] = shown;
      this.redraw();
    };
    this.begin();
    return {
      step: (detail) => change({ detail }),
      reached: (share) => change({ share }),
      end: () => {
        const index = this.waits.indexOf(shown);
        if (index >= 0) this.waits.splice(index, 1);
        this.redraw();
        if (this.waits.length === 0) this.stop();
      },
    };
  }

  /** The work's own result; the wait for it is shown. */
  async show<T>(title: string, work: Promise<T>): Promise<T> {
    const wait = this.waitFor(title);
    try {
      return await work;
    } finally {
      wait.end();
    }
  }

  /** Shows nothing while a person is asked something. */
  async during<T>(question: () => Promise<T>): Promise<T> {
    this.erase();
    this.isAsking = true;
    try {
      return await question();
    } finally {
      this.isAsking = false;
    }
  }

  private begin(): void {
    if (!this.isLive || this.timer) return;
    this.timer = setInterval(() => this.redraw(), REDRAW).unref();
    process.once('exit', this.erase);
    for (const signal of SIGNALS) process.on(signal, this.hearSignal);
  }

  private stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    process.removeListener('exit', this.erase);
    for (const signal of SIGNALS) process.removeListener(signal, this.hearSignal);
  }

  /** A signal that nobody else hears ends the process, as it would have without this line. */
  private readonly hearSignal = (signal: NodeJS.Signals): void => {
    this.erase();
    if (process.listenerCount(signal) > 1) return;
    process.removeListener(signal, this.hearSignal);
    process.kill(process.pid, signal);
  };

  private redraw(): void {
    this.erase();
    this.draw();
  }

  private readonly erase = (): void => {
    if (this.isDrawn) this.out.write(CLEAR);
    this.isDrawn = false;
  };

  private draw(): void {
    const wait = this.waits.at(-1);
    if (!this.isLive || !wait || this.isAsking) return;
    const elapsed = this.now() - wait.begin;
    if (elapsed < PATIENCE) return;
    this.out.write(drawWaiting({ ...wait, elapsed }, this.out.columns || 80));
    this.isDrawn = true;
  }
}

const BAR = { full: '━', empty: '─', most: 24, least: 6 };
const colors = createColors(true);

/** One line that fits: the detail is cut first, then the bar goes. A bar is drawn where it is known how much is done. */
export function drawWaiting(of: Waiting, columns: number): string {
  const { title, elapsed, expected, detail = '' } = of;
  const width = columns - 1; // The last column would wrap on some terminals.
  // How long it took the last time tells more than how many parts are done.
  const share = expected ? Math.min(elapsed / expected, 0.99) : of.share;
  const left = expected === undefined ? '' : timeLeft(expected - elapsed, of.isMost);
  const times = [minutes(elapsed), left].filter(Boolean).join(', ');
  const head = `${title} `;
  const room = width - head.length - times.length - 1;
  const cells = share === undefined || room < BAR.least ? 0 : Math.min(BAR.most, Math.floor(room / 2));
  const full = Math.round(cells * Math.min(1, Math.max(0, share ?? 0)));
  const bar =
    cells === 0 ? '' : `${colors.cyan(BAR.full.repeat(full))}${colors.dim(BAR.empty.repeat(cells - full))} `;
  const used = head.length + (cells && cells + 1) + times.length;
  const shown = detail && cut(` · ${detail.replaceAll(/\s+/g, ' ')}`, width - used);
  return `${cut(head, width)}${bar}${cut(times, width - head.length)}${colors.dim(shown)}`;
}

function timeLeft(seconds: number, isMost = false): string {
  if (seconds < 0) return 'longer than expected';
  return `${isMost ? 'at most' : 'about'} ${minutes(seconds)} left`;
}

function cut(text: string, width: number): string {
  if (text.length <= width) return text;
  return width < 5 ? '' : `${text.slice(0, width - 1)}…`;
}

/** 83 s as 1:23. */
export function minutes(seconds: number): string {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}
