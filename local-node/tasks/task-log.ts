import { closeSync, openSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { writeAllSync } from '../../machine/whole-file';

/** Lines kept of one task; what comes after is counted, not kept, so that no task fills the disk. */
const MAX_LINES = 20_000;

/**
 * Log of a running task, a file named by its UPID. The last line tells how it ended: "TASK OK", "TASK WARNINGS: n" or
 * "TASK ERROR: why"; a file without such a line belongs to a task that was cut off. A line that cannot be written, on a
 * full disk for one, is lost and told once: no task fails for its log.
 */
export class TaskLogFile {
  private readonly descriptor: number | undefined;
  private lines = 0;
  private failed = false;
  private torn = false;

  constructor(
    private readonly path: string,
    private readonly logger: Logger,
  ) {
    this.descriptor = this.attempt(() => openSync(path, 'a', 0o600));
  }

  write(text: string): void {
    for (const line of text.trimEnd().split('\n')) {
      this.lines += 1;
      if (this.lines <= MAX_LINES) this.append(line);
    }
  }

  /** Writes the last line and closes the file. */
  end(exitStatus: string): void {
    if (this.lines > MAX_LINES) this.append(`(${this.lines - MAX_LINES} lines left out)`);
    const one = exitStatus.replace(/\s*\n\s*/g, ' ').trim();
    const word = one === 'OK' || one.startsWith('WARNINGS: ') ? `TASK ${one}` : `TASK ERROR: ${one}`;
    this.append(word);
    const { descriptor } = this;
    if (descriptor !== undefined) this.attempt(() => closeSync(descriptor));
  }

  private append(line: string): void {
    const { descriptor } = this;
    if (descriptor === undefined) return;
    // After a line of which a part may be there, so that the next stands alone: the last one is read again.
    const start = this.torn ? '\n' : '';
    this.torn = true;
    this.attempt(() => {
      writeAllSync(descriptor, Buffer.from(`${start}${line}\n`));
      this.torn = false;
    });
  }

  private attempt<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (fault) {
      if (!this.failed) this.logger.error({ err: fault, path: this.path }, 'lines of a task log are lost');
      this.failed = true;
      return undefined;
    }
  }
}

/** The lines of a task's log; none if there is no such file. */
export function readTaskLog(directory: string, upid: string): string[] {
  try {
    const lines = readFileSync(join(directory, upid), 'utf8').split('\n');
    lines.pop();
    return lines;
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw fault;
  }
}

/** How a task that no longer runs has ended, from its log; when, in seconds since the epoch. */
export function readTaskEnd(directory: string, upid: string): { exitStatus: string; endtime: number } {
  const last = readTaskLog(directory, upid).at(-1) ?? '';
  const error = /^TASK ERROR: (.+)$/.exec(last)?.[1];
  const ok = /^TASK (OK|WARNINGS: \d+)$/.exec(last)?.[1];
  const endtime = Math.floor(statSync(join(directory, upid)).mtimeMs / 1000);
  return { exitStatus: ok ?? error ?? 'unexpected status', endtime };
}

export function removeTaskLog(directory: string, upid: string): void {
  rmSync(join(directory, upid), { force: true });
}
