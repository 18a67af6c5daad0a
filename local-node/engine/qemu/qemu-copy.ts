/**
 * Copies and moves of the disks of a running guest. QEMU copies them while the guest goes on: what the guest overwrites
 * meanwhile is copied before it is overwritten, so that the copy is the disk as it was when the job began
 * (blockdev-backup in QEMU's docs/interop/live-block-operations). One transaction begins the jobs of all disks at one
 * moment.
 * QEMU sees nothing of the storages but the guest's own disks: it writes each copy into the directory that it shares
 * with the node, and the node puts it in its place.
 */
import { randomUUID } from 'node:crypto';
import { copyFile, lstat, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DiskCopy, RunningCopyOptions } from '../guest-engine';
import { RUN } from './qemu-arguments';
import { createDisk, madeTogether } from './qemu-images';

const POLL_MILLISECONDS = 200;
/** What jobs, block nodes and files of copies are called. */
const COPY = /^copy-[0-9a-f-]+$/;

/** What it needs of a running guest. */
export interface CopyableGuest {
  /** What QEMU sees as RUN. */
  readonly sharedDirectory: string;
  monitor(command: string, args?: Readonly<Record<string, unknown>>): Promise<unknown>;
  agent(command: string): Promise<unknown>;
}

interface Job {
  readonly id: string;
  readonly status: string;
  readonly 'current-progress': number;
  readonly 'total-progress': number;
  readonly error?: string;
}

interface Block {
  readonly device: string;
  readonly inserted?: {
    readonly 'node-name'?: string;
    readonly image: { readonly 'virtual-size': number };
    readonly cache?: { readonly direct: boolean; readonly 'no-flush': boolean };
  };
}

/** How a copy is written: nobody waits for it, and it is flushed when it is the disk of a guest. */
const OF_COPIES = { direct: false, 'no-flush': true };

/** One copy under way: `name` is that of its job and of its target's block node. */
interface Copy extends DiskCopy {
  readonly name: string;
  /** Where it lies until it is whole, for the node. */
  readonly target: string;
}

/** Throws in QEMU's words; then no copy is left. */
export async function copyRunning(
  guest: CopyableGuest,
  wanted: readonly DiskCopy[],
  options: RunningCopyOptions,
): Promise<void> {
  await madeTogether(
    wanted.map(({ path }) => path),
    async (partials) => {
      const copies = wanted.map((copy) => named(guest, copy));
      const opened: Copy[] = [];
      try {
        await makeTargets(guest, copies);
        for (const copy of copies) {
          await guest.monitor('blockdev-add', targetOf(copy, OF_COPIES));
          opened.push(copy);
        }
        await heldStill(guest, options, () => guest.monitor('transaction', transactionOf(copies)));
        await reached(guest, copies, 'concluded', options);
        // QEMU lets go of it before it is the disk of another guest.
        for (const copy of opened.splice(0)) await guest.monitor('blockdev-del', { 'node-name': copy.name });
        for (const [index, { target }] of copies.entries()) await moveFile(target, partials[index] ?? '');
      } catch (fault) {
        for (const { name } of copies) await guest.monitor('job-cancel', { id: name }).catch(no);
        // Until they are over QEMU holds the targets.
        await reached(guest, copies, 'concluded').catch(no);
        throw fault;
      } finally {
        for (const { name } of opened) await guest.monitor('blockdev-del', { 'node-name': name }).catch(no);
        for (const { target } of copies) await rm(target, { force: true });
      }
    },
  );
}

/** Ends the copies that a node began which was killed meanwhile, and lets the guest go on. */
export async function endCopies(guest: CopyableGuest): Promise<void> {
  const jobs = (await guest.monitor('query-jobs')) as readonly Job[];
  const names = jobs.map(({ id }) => id).filter((id) => COPY.test(id));
  for (const id of names) await guest.monitor('job-cancel', { id }).catch(no);
  for (const name of names) await reached(guest, [{ name }], 'concluded').catch(no);
  // The disk of a guest that has moved to a copy is in use, and stays.
  for (const name of await readdir(guest.sharedDirectory)) {
    if (!COPY.test(name)) continue;
    await guest.monitor('blockdev-del', { 'node-name': name }).catch(no);
    await rm(join(guest.sharedDirectory, name), { force: true });
  }
  const { status } = (await guest.monitor('query-status')) as { readonly status: string };
  if (status === 'paused') await guest.monitor('cont');
}

/**
 * Moves a disk: QEMU copies it and all that the guest writes meanwhile, until both are the same, and then gives the
 * guest the copy (blockdev-mirror). The copy has its name before that, so that no crash leaves the guest on a file
 * that is taken for half made. Only to a storage on the file system of the node's state.
 * Throws in QEMU's words; then the guest has the disk that it had and no copy is left, unless its QEMU can no longer say
 * which of the two it has.
 */
export async function moveRunning(guest: CopyableGuest, wanted: DiskCopy): Promise<void> {
  let copy: Copy | undefined;
  let inPlace = false;
  try {
    await madeTogether([wanted.path], async ([partial = '']) => {
      copy = named(guest, wanted);
      await makeTargets(guest, [copy]);
      await guest.monitor('blockdev-add', targetOf(copy, await cacheOf(guest, copy)));
      const job = { 'job-id': copy.name, device: `drive-${copy.slot}`, target: copy.name, sync: 'full' };
      await guest.monitor('blockdev-mirror', { ...job, 'auto-dismiss': false });
      await reached(guest, [copy], 'ready');
      // QEMU goes on with the file that it has open, whatever its name.
      await rename(copy.target, partial);
      await requireAlone(partial);
    });
    if (!copy) return;
    inPlace = true;
    await guest.monitor('job-complete', { id: copy.name });
    await reached(guest, [copy], 'concluded');
  } catch (fault) {
    if (!copy) throw fault;
    await guest.monitor('job-cancel', { id: copy.name }).catch(no);
    // Only when the job is over is it certain which file the guest has.
    await reached(guest, [copy], 'concluded').catch(no);
    if (inPlace) {
      const moved = await hasCopy(guest, copy).catch((cause: unknown) => {
        throw new Error(`${messageOf(fault)}; the copy stays in ${wanted.path}`, { cause });
      });
      if (moved) return;
      await rm(wanted.path, { force: true });
    }
    await guest.monitor('blockdev-del', { 'node-name': copy.name }).catch(no);
    await rm(copy.target, { force: true });
    throw fault;
  }
}

async function hasCopy(guest: CopyableGuest, { slot, name }: Copy): Promise<boolean> {
  const blocks = (await guest.monitor('query-block')) as readonly Block[];
  return blocks.find(({ device }) => device === `drive-${slot}`)?.inserted?.['node-name'] === name;
}

function messageOf(fault: unknown): string {
  return fault instanceof Error ? fault.message : String(fault);
}

function named({ sharedDirectory }: CopyableGuest, copy: DiskCopy): Copy {
  const name = `copy-${randomUUID().slice(0, 18)}`;
  return { ...copy, name, target: join(sharedDirectory, name) };
}

async function makeTargets(guest: CopyableGuest, copies: readonly Copy[]): Promise<void> {
  const blocks = (await guest.monitor('query-block')) as readonly Block[];
  for (const { slot, target, format } of copies) {
    const bytes = blocks.find(({ device }) => device === `drive-${slot}`)?.inserted?.image['virtual-size'];
    if (bytes === undefined) throw new Error(`the running guest has no disk '${slot}'`);
    await createDisk(target, format, bytes);
  }
}

/** The storage may lie on another file system. A QEMU that a guest has taken over may have left anything there. */
async function moveFile(target: string, place: string): Promise<void> {
  await rename(target, place).catch(async (fault: NodeJS.ErrnoException) => {
    if (fault.code !== 'EXDEV') throw fault;
    await requireAlone(target);
    await copyFile(target, place);
  });
  await requireAlone(place);
}

async function requireAlone(path: string): Promise<void> {
  const file = await lstat(path);
  if (!file.isFile() || file.nlink > 1) throw new Error(`the copy at ${path} is no file of its own`);
}

function targetOf({ name, format }: Copy, cache: typeof OF_COPIES): Readonly<Record<string, unknown>> {
  const file = { driver: 'file', filename: `${RUN}/${name}`, cache };
  // As the disks of a guest; see qemu-arguments.ts.
  const behaviour = { discard: 'unmap', 'detect-zeroes': 'unmap', cache };
  return { 'node-name': name, driver: format, file, ...behaviour };
}

/** The guest goes on with a moved disk, so that it keeps its cache mode. */
async function cacheOf(guest: CopyableGuest, { slot }: Copy): Promise<typeof OF_COPIES> {
  const blocks = (await guest.monitor('query-block')) as readonly Block[];
  const cache = blocks.find(({ device }) => device === `drive-${slot}`)?.inserted?.cache ?? OF_COPIES;
  return { direct: cache.direct, 'no-flush': cache['no-flush'] };
}

function transactionOf(copies: readonly Copy[]): Readonly<Record<string, unknown>> {
  const actions = copies.map(({ name, slot }) => ({
    type: 'blockdev-backup',
    data: { 'job-id': name, device: `drive-${slot}`, target: name, sync: 'full', 'auto-dismiss': false },
  }));
  // If one fails, the others are of no use.
  return { actions, properties: { 'completion-mode': 'grouped' } };
}

/** Does the work while the guest's file systems stand still, if its agent can see to that. */
async function heldStill(
  guest: CopyableGuest,
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
  guest: CopyableGuest,
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
async function reached(
  guest: CopyableGuest,
  copies: readonly Pick<Copy, 'name'>[],
  state: 'ready' | 'concluded',
  { progress, signal }: Pick<RunningCopyOptions, 'progress' | 'signal'> = {},
): Promise<void> {
  const names = copies.map(({ name }) => name);
  for (;;) {
    signal?.throwIfAborted();
    const jobs = ((await guest.monitor('query-jobs')) as readonly Job[]).filter(({ id }) =>
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
