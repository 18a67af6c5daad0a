/** The cluster's backup jobs, STATE/etc/pve/jobs.cfg, which the node runs at their times. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Clock } from '../base/clock';
import { readGuardedFile, writeGuardedFile } from '../base/guarded-file';
import { readStateFile, writeStateFile } from '../base/state-file';
import { listOf } from '../formats/backup-parameters';
import { nextEvent, parseCalendarEvent } from '../formats/calendar-event';
import { type BackupJob, formatJobs, parseJobs } from '../formats/jobs-config';
import type { GuestService } from '../guests/guest-service';
import type { TaskService } from '../tasks/task-service';
import { backupRequest } from './backup-request';
import type { BackupService } from './backup-service';

export interface BackupJobsOptions {
  readonly stateDir: string;
  readonly nodeName: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly tasks: TaskService;
  readonly guests: GuestService;
  readonly backups: BackupService;
}

/** Between two looks at the clock. */
const TICK_SECONDS = 10;
const ROOT = { userId: 'root@pam' };

/** When a job last ran, or since when its next time counts; milliseconds since the epoch. */
interface RunState {
  since: number;
  /** UPID of its last run. */
  upid?: string;
}

export class BackupJobs {
  private readonly file: string;
  private readonly stateFile: string;
  private jobs: readonly BackupJob[] = [];
  private states = new Map<string, RunState>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: BackupJobsOptions) {
    this.file = join(options.stateDir, 'etc', 'pve', 'jobs.cfg');
    this.stateFile = join(options.stateDir, 'etc', 'backup-jobs.json');
  }

  /** Times that went by while the node was down are made up for by jobs with `repeat-missed` alone. */
  async start(): Promise<void> {
    mkdirSync(join(this.options.stateDir, 'etc', 'pve'), { recursive: true });
    this.jobs = (await readGuardedFile(this.file, parseJobs, this.options.logger)) ?? [];
    const kept = this.readStates();
    const now = this.options.clock.now();
    for (const { id, options } of this.jobs) {
      const since = options['repeat-missed'] === '1' ? (kept[id] ?? now) : now;
      this.states.set(id, { since });
    }
    this.timer = setInterval(() => {
      this.tick().catch((err: unknown) =>
        this.options.logger.error({ err }, 'backup jobs are not looked at'),
      );
    }, TICK_SECONDS * 1000);
    this.timer.unref();
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
  }

  list(): readonly BackupJob[] {
    return this.jobs;
  }

  find(id: string): BackupJob | undefined {
    return this.jobs.find((job) => job.id === id);
  }

  /** Makes a job, or puts it in the place of the one that has its id. */
  async write(job: BackupJob): Promise<void> {
    const before = this.find(job.id);
    const jobs = before ? this.jobs.map((one) => (one.id === job.id ? job : one)) : [...this.jobs, job];
    await this.save(jobs);
    if (before?.options.schedule !== job.options.schedule)
      this.states.set(job.id, { ...this.states.get(job.id), since: this.options.clock.now() });
  }

  async remove(id: string): Promise<void> {
    await this.save(this.jobs.filter((job) => job.id !== id));
    this.states.delete(id);
  }

  /** Takes a guest that is gone out of the jobs; one that was for it alone goes too. */
  async forget(vmid: number): Promise<void> {
    const jobs = this.jobs.flatMap((job) => {
      const vmids = job.options.vmid === undefined ? [] : listOf(job.options.vmid);
      if (!vmids.includes(String(vmid))) return [job];
      const rest = vmids.filter((one) => one !== String(vmid));
      return rest.length === 0 ? [] : [{ ...job, options: { ...job.options, vmid: rest.join(',') } }];
    });
    if (jobs.length !== this.jobs.length || jobs.some((job, index) => job !== this.jobs[index]))
      await this.save(jobs);
  }

  /** Seconds since the epoch; undefined if it never comes. */
  nextRun({ id, options }: BackupJob): number | undefined {
    const since = this.states.get(id)?.since ?? this.options.clock.now();
    const next = nextEvent(parseCalendarEvent(options.schedule ?? ''), since);
    return next === undefined ? undefined : next / 1000;
  }

  /** Runs the jobs whose time has come; called by the timer, and by tests. Returns the UPIDs. */
  async tick(): Promise<string[]> {
    const now = this.options.clock.now();
    const started: string[] = [];
    for (const job of this.jobs) {
      const { enabled = '1', node = this.options.nodeName } = job.options;
      const state = this.states.get(job.id) ?? { since: now };
      this.states.set(job.id, state);
      const next = this.nextRun(job);
      if (next === undefined || next * 1000 > now) continue;
      state.since = now;
      const busy = state.upid !== undefined && this.runs(state.upid);
      if (enabled !== '1' || node !== this.options.nodeName || busy) continue;
      state.upid = this.run(job);
      started.push(state.upid);
    }
    if (started.length > 0) await this.saveStates();
    return started;
  }

  /** The guests of a job: by number, or all. Those of a pool that is gone are none. */
  guestsOf({ options }: BackupJob): readonly number[] | 'all' {
    if (options.all === '1') return 'all';
    if (options.vmid !== undefined) return listOf(options.vmid).map(Number);
    const pool = this.options.guests.pools.list().find(({ id }) => id === options.pool);
    return pool?.vmids ?? [];
  }

  private run(job: BackupJob): string {
    const { backups } = this.options;
    return backups.run(backupRequest(job.options, this.guestsOf(job)), ROOT);
  }

  private runs(upid: string): boolean {
    return this.options.tasks.knows(upid) && this.options.tasks.get(upid).exitStatus === undefined;
  }

  private async save(jobs: readonly BackupJob[]): Promise<void> {
    await writeGuardedFile(this.file, formatJobs(jobs));
    this.jobs = jobs;
  }

  private async saveStates(): Promise<void> {
    const since = Object.fromEntries([...this.states].map(([id, state]) => [id, state.since]));
    await writeStateFile(this.stateFile, JSON.stringify(since)).catch((err: unknown) =>
      this.options.logger.warn({ err }, 'when backup jobs last ran is not kept'),
    );
  }

  private readStates(): Readonly<Record<string, number>> {
    try {
      return JSON.parse(readStateFile(this.stateFile) ?? '{}') as Readonly<Record<string, number>>;
    } catch {
      return {}; // damaged: as if they had just run
    }
  }
}
