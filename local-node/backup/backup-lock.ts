/** One backup task at a time, as on Proxmox VE: they would only slow each other down. */

export class BackupLock {
  private last: Promise<void> = Promise.resolve();
  private holders = 0;

  /** Runs `work` when those before it are over. Throws if that takes longer, or when aborted. */
  async held<T>(
    work: () => Promise<T>,
    { minutes, signal, log }: { minutes: number; signal: AbortSignal; log: (line: string) => void },
  ): Promise<T> {
    const before = this.last;
    let over = () => {};
    this.last = new Promise((resolve) => {
      over = resolve;
    });
    const waits = this.holders > 0;
    this.holders += 1;
    try {
      if (waits) {
        log('trying to get global lock - waiting...');
        await within(before, minutes * 60_000, signal);
        log('got global lock');
      }
      return await work();
    } finally {
      this.holders -= 1;
      // Who gives up its turn does not let the next one pass those before it.
      void before.then(over);
    }
  }
}

async function within(turn: Promise<void>, milliseconds: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  let timer: NodeJS.Timeout | undefined;
  let abort = () => {};
  const ended = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("can't acquire lock - got timeout")), milliseconds);
    abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort);
  });
  try {
    await Promise.race([turn, ended]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}
