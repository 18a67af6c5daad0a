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

/** Does the work while the guest's file systems stand still, if its agent can see to that. */
export async function heldStill(
  guest: MonitoredGuest,
  { freeze, log }: RunningCopyOptions,
  work: () => Promise<unknown>,
): Promise<void> {
  const frozen = freeze && (await guest.agent('guest-fsfreeze-freeze').then(yes, no));
  if (frozen) log('freeze filesystem');
  try {
    await work();
  } finally {
    if (freeze) await guest.agent('guest-fsfreeze-thaw').catch(no);
    if (frozen) log('unfreeze filesystem');
  }
}

const yes = () => true;
/** An agent that does not answer: the disks are then like those after a power cut. */
const no = () => false;

/**
 * Waits until all jobs are ready, or have concluded, which takes them away. Throws if one failed. `timeout`: how long
 * QEMU may be silent meanwhile, milliseconds.
 */
export async function reached(
  guest: MonitoredGuest,
  names: readonly string[],
  state: 'ready' | 'concluded',
  timeout?: number,
): Promise<void> {
  for (;;) {
    const all = (await guest.monitor('query-jobs', {}, timeout)) as readonly Job[];
    const jobs = all.filter(({ id }) => names.includes(id));
    if (jobs.every(({ status }) => status === state || status === 'concluded')) {
      const over = jobs.filter(({ status }) => status === 'concluded');
      for (const { id } of over) await guest.monitor('job-dismiss', { id });
      const failed = over.find(({ error }) => error !== undefined);
      if (failed) throw new Error(failed.error);
      return;
    }
    await sleep(POLL_MILLISECONDS);
  }
}
