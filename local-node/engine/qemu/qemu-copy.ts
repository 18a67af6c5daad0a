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
import type { DiskCopy, RunningCopyOptions } from '../guest-engine';
import { RUN } from './qemu-arguments';
import { createDisk, madeTogether } from './qemu-images';
import { blocksOf, heldStill, type Job, type MonitoredGuest, reached } from './qemu-jobs';

/** What jobs, block nodes and files of copies are called. */
const COPY = /^copy-[0-9a-f-]+$/;

/** What it needs of a running guest. */
export interface CopyableGuest extends MonitoredGuest {
  /** What QEMU sees as RUN. */
  readonly sharedDirectory: string;
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
        await reached(guest, namesOf(copies), 'concluded', options);
        // QEMU lets go of it before it is the disk of another guest.
        for (const copy of opened.splice(0)) await guest.monitor('blockdev-del', { 'node-name': copy.name });
        for (const [index, { target }] of copies.entries()) await moveFile(target, partials[index] ?? '');
      } catch (fault) {
        for (const { name } of copies) await guest.monitor('job-cancel', { id: name }).catch(no);
        // Until they are over QEMU holds the targets.
        await reached(guest, namesOf(copies), 'concluded').catch(no);
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
  for (const name of names) await reached(guest, [name], 'concluded').catch(no);
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
      await reached(guest, [copy.name], 'ready');
      // QEMU goes on with the file that it has open, whatever its name.
      await rename(copy.target, partial);
      await requireAlone(partial);
    });
    if (!copy) return;
    inPlace = true;
    await guest.monitor('job-complete', { id: copy.name });
    await reached(guest, [copy.name], 'concluded');
  } catch (fault) {
    if (!copy) throw fault;
    await guest.monitor('job-cancel', { id: copy.name }).catch(no);
    // Only when the job is over is it certain which file the guest has.
    await reached(guest, [copy.name], 'concluded').catch(no);
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
  const blocks = await blocksOf(guest);
  return blocks.find(({ device }) => device === `drive-${slot}`)?.inserted?.['node-name'] === name;
}

function messageOf(fault: unknown): string {
  return fault instanceof Error ? fault.message : String(fault);
}

function named({ sharedDirectory }: CopyableGuest, copy: DiskCopy): Copy {
  const name = `copy-${randomUUID().slice(0, 18)}`;
  return { ...copy, name, target: join(sharedDirectory, name) };
}

function namesOf(copies: readonly Copy[]): string[] {
  return copies.map(({ name }) => name);
}

async function makeTargets(guest: CopyableGuest, copies: readonly Copy[]): Promise<void> {
  const blocks = await blocksOf(guest);
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
  const blocks = await blocksOf(guest);
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

const no = () => false;
