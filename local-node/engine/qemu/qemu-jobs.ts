/** What all long work inside a running QEMU shares: its jobs, its block devices, and a guest that holds still. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningCopyOptions } from '../guest-engine';

const POLL_MILLISECONDS = 200;

/** What it needs of a running guest; `timeout` in milliseconds. */
export interface MonitoredGuest {
  monitor(command: string, args?: Readonly<Record<string, unknown>>, timeout?: number): Promise<unknown>;
  agent(command: string): Promise<unknown>;
}

export interface Job {
  readonly id: string;
  readonly status: string;
  readonly 'current-progress': number;
  readonly 'total-progress': number;
  readonly error?: string;
}

export interface Block {
  readonly device: string;
  readonly inserted?: {
    readonly 'node-name'?: string;
    readonly image: {
      readonly 'virtual-size': number;
      readonly snapshots?: readonly { readonly name: string; readonly 'vm-state-size': number }[];
    };
    readonly cache?: { readonly direct: boolean; readonly 'no-flush': boolean };
  };
}

export async function blocksOf(guest: MonitoredGuest): Promise<readonly Block[]> {
  // Right after its start, or while it wrote memory for a node that was killed, QEMU may be long in answering.
  return (await guest.monitor('query-block', {}, 60_000)) as readonly Block[];
}

type ReachedOptions = Pick<RunningCopyOptions, 'progress' | 'signal'> & {
  /** How long QEMU may be silent meanwhile, milliseconds. */
  readonly silence?: number;
};

/** Does the work while the guest's file systems stand still, if its agent can see to that. */
export async function heldStill(
  guest: MonitoredGuest,
  { freeze, pause = false, log }: RunningCopyOptions,
  work: () => Promise<unknown>,
): Promise<void> {
  if (pause) return paused(guest, log, work);
  const frozen = freeze && (await guest.agent('guest-fsfreeze-freeze').then(yes, no));
  if (frozen) log('freeze filesystem');
  try {
    await work();
  } finally {
    if (freeze) await guest.agent('guest-fsfreeze-thaw').catch(no);
    if (frozen) log('unfreeze filesystem');
  }
}

/** Does the work while the guest's virtual CPUs stand still. One that stood still before stays so. */
async function paused(
  guest: MonitoredGuest,
  log: RunningCopyOptions['log'],
  work: () => Promise<unknown>,
): Promise<void> {
  const { running } = (await guest.monitor('query-status')) as { readonly running: boolean };
  if (!running) return void (await work());
  log('suspending guest');
  await guest.monitor('stop');
  try {
    await work();
  } finally {
    await guest.monitor('cont');
    log('resuming guest');
  }
}

const yes = () => true;
/** An agent that does not answer: the copy is then like a disk after a power cut. */
const no = () => false;

/** Waits until all jobs are ready, or have concluded, which takes them away. Throws if one failed. */
export async function reached(
  guest: MonitoredGuest,
  names: readonly string[],
  state: 'ready' | 'concluded',
  { progress, signal, silence }: ReachedOptions = {},
): Promise<void> {
  for (;;) {
    signal?.throwIfAborted();
    const jobs = ((await guest.monitor('query-jobs', {}, silence)) as readonly Job[]).filter(({ id }) =>
      names.includes(id),
    );
    if (jobs.every(({ status }) => status === state || status === 'concluded')) {
      const over = jobs.filter(({ status }) => status === 'concluded');
      for (const { id } of over) await guest.monitor('job-dismiss', { id });
      const failed = over.find(({ error }) => error !== undefined);
      if (failed) throw new Error(failed.error);
      return;
    }
    const sum = (of: (job: Job) => number) => jobs.reduce((all, job) => all + of(job), 0);
    progress?.(
      sum((job) => job['current-progress']),
      sum((job) => job['total-progress']),
    );
    await sleep(POLL_MILLISECONDS);
  }
}
