import { AsyncLocalStorage } from 'node:async_hooks';
import { mkdirSync, readdirSync } from 'node:fs';
import { uptime } from 'node:os';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { badParameters } from '../base/api-error';
import type { Caller } from '../base/caller';
import type { Clock } from '../base/clock';
import { formatUpid, parseUpid, type Upid } from '../formats/upid';
import { readTaskEnd, readTaskLog, removeTaskLog, TaskLogFile } from './task-log';

/** Ended tasks that are kept with their logs; older ones are removed. */
const KEPT = 1000;

/** What a task's worker is given. */
export interface TaskContext {
  readonly upid: string;
  /** Adds lines to the task's log. */
  log(text: string): void;
  /** Adds a line "WARN: text"; the task then ends as "WARNINGS: n". */
  warn(text: string): void;
  /** Aborted when somebody stops the task. */
  readonly signal: AbortSignal;
}

/** The body of a task. One that throws fails it. */
export type TaskWorker = (task: TaskContext) => Promise<void>;

/** One task, running or ended. Times are seconds since the epoch. */
export interface Task {
  readonly upid: string;
  readonly parsed: Upid;
  /** Undefined while it runs. */
  exitStatus?: string;
  endtime?: number;
}

interface Running {
  readonly task: Task;
  readonly abort: AbortController;
  readonly done: Promise<void>;
}

export interface TaskServiceOptions {
  readonly stateDir: string;
  /** Stands in every UPID. */
  readonly nodeName: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Long work behind a UPID, with its log on disk under STATE/log/tasks. */
export class TaskService {
  private readonly directory: string;
  private readonly tasks = new Map<string, Task>();
  private readonly running = new Map<string, Running>();
  private readonly course = new AsyncLocalStorage<{ readonly fail: (fault: unknown) => void }>();
  private lastStart = 0;

  constructor(private readonly options: TaskServiceOptions) {
    this.directory = join(options.stateDir, 'log', 'tasks');
  }

  /** Finds the tasks of earlier runs. One that a crash cut off is shown as ended with "unexpected status". */
  async start(): Promise<void> {
    mkdirSync(this.directory, { recursive: true, mode: 0o700 });
    const found: Task[] = [];
    for (const upid of readdirSync(this.directory)) {
      const parsed = parseUpid(upid);
      if (parsed) found.push({ upid, parsed, ...readTaskEnd(this.directory, upid) });
    }
    found.sort((a, b) => a.parsed.starttime - b.parsed.starttime || a.parsed.pstart - b.parsed.pstart);
    for (const task of found) this.tasks.set(task.upid, task);
    this.prune();
  }

  /** Asks every running task to stop and waits for them. */
  async close(): Promise<void> {
    const all = [...this.running.values()];
    for (const { abort } of all) abort.abort();
    await Promise.all(all.map(({ done }) => done));
  }

  /**
   * Starts `worker` and returns at once with its UPID. A worker that throws fails the task with the message as its
   * exit status. `type` is Proxmox VE's word for it (qmcreate, download, ...), `id` what it acts on.
   */
  run(type: string, id: string, caller: Caller, worker: TaskWorker): string {
    // Unique even for equal tasks within one second, because pstart is never given twice.
    this.lastStart = Math.max(Math.floor(uptime() * 100), this.lastStart + 1);
    const parsed: Upid = {
      node: this.options.nodeName,
      pid: process.pid,
      pstart: this.lastStart,
      starttime: Math.floor(this.options.clock.now() / 1000),
      type,
      id,
      caller,
    };
    const task: Task = { upid: formatUpid(parsed), parsed };
    const log = new TaskLogFile(join(this.directory, task.upid), this.options.logger);
    const abort = new AbortController();
    this.tasks.set(task.upid, task);
    const done = this.work(task, log, abort.signal, worker);
    this.running.set(task.upid, { task, abort, done });
    return task.upid;
  }

  knows(upid: string): boolean {
    return this.tasks.has(upid);
  }

  /** Throws 400 if the text is no UPID or names no task. */
  get(upid: string): Task {
    if (!parseUpid(upid)) throw badParameters({ upid: 'unable to parse worker upid' });
    const task = this.tasks.get(upid);
    if (!task) throw badParameters({ upid: 'no such task' });
    return task;
  }

  /** Waits until the task has ended, at most `seconds`. */
  async wait(upid: string, seconds: number): Promise<Task> {
    const task = this.get(upid);
    const running = this.running.get(upid);
    if (!running || seconds <= 0) return task;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, seconds * 1000);
    });
    await Promise.race([running.done, late]);
    clearTimeout(timer);
    return task;
  }

  /** Lines of the log so far. */
  log(upid: string): string[] {
    this.get(upid);
    return readTaskLog(this.directory, upid);
  }

  /** Asks a running task to stop; nothing happens if it has ended. */
  stop(upid: string): void {
    this.get(upid);
    this.running.get(upid)?.abort.abort();
  }

  /** All known tasks, the newest first, running ones before all others. */
  list(): Task[] {
    const all = [...this.tasks.values()].reverse();
    return [...all.filter((task) => !task.exitStatus), ...all.filter((task) => task.exitStatus)];
  }

  private async work(task: Task, file: TaskLogFile, signal: AbortSignal, worker: TaskWorker): Promise<void> {
    let warnings = 0;
    const log = (text: string) => file.write(text);
    const warn = (text: string) => {
      warnings += 1;
      log(`WARN: ${text}`);
    };
    let exitStatus: string;
    let fail: (fault: unknown) => void = () => {};
    const failedOutside = new Promise<never>((_, reject) => {
      fail = reject;
    });
    // The caller of run() must have the UPID before the worker's first side effect.
    await Promise.resolve();
    try {
      await this.course.run({ fail }, () =>
        Promise.race([worker({ upid: task.upid, log, warn, signal }), failedOutside]),
      );
      exitStatus = warnings > 0 ? `WARNINGS: ${warnings}` : 'OK';
    } catch (fault) {
      const message = fault instanceof Error ? fault.message : String(fault);
      exitStatus = signal.aborted ? 'interrupted by signal' : message.replace(/\s*\n\s*/g, ' ').trim();
      this.options.logger.warn({ upid: task.upid, err: fault }, 'task failed');
    }
    file.end(exitStatus);
    task.exitStatus = exitStatus;
    // The clock may have been set back meanwhile.
    task.endtime = Math.max(Math.floor(this.options.clock.now() / 1000), task.parsed.starttime);
    this.running.delete(task.upid);
    try {
      this.prune();
    } catch (fault) {
      this.options.logger.error({ err: fault }, 'old task logs cannot be removed');
    }
  }

  /**
   * Takes a fault that nothing caught, such as one thrown in an event of a socket: the task during which it came fails
   * of it. False if it came during none.
   */
  failOf(fault: unknown): boolean {
    const course = this.course.getStore();
    course?.fail(fault);
    return course !== undefined;
  }

  private prune(): void {
    let surplus = this.tasks.size - KEPT;
    for (const [upid, task] of this.tasks) {
      if (surplus <= 0) return;
      if (!task.exitStatus) continue;
      this.tasks.delete(upid);
      removeTaskLog(this.directory, upid);
      surplus -= 1;
    }
  }
}
