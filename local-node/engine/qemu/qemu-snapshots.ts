/**
 * Snapshots inside qcow2 files (QEMU's docs/interop/qcow2): of a running guest by its QEMU, with or without memory, of
 * any other by qemu-img. QEMU writes memory into the first disk, while the guest stands still and the monitor is silent.
 */
import { randomUUID } from 'node:crypto';
import type { SnapshotDisk, SnapshotOptions } from '../guest-engine';
import { copySnapshot, dropSnapshot, restoreSnapshot } from './qemu-images';
import { blocksOf, heldStill, type Job, type MonitoredGuest, reached } from './qemu-jobs';

/** QEMU is silent while it writes or reads memory, gigabytes to a slow disk at worst; milliseconds. */
const SILENCE = 30 * 60 * 1000;

/** Returns the bytes of memory. Throws in QEMU's words. */
export async function takeSnapshot(
  guest: MonitoredGuest | undefined,
  name: string,
  disks: readonly SnapshotDisk[],
  options: SnapshotOptions,
): Promise<number> {
  const { held, apart } = await divided(guest, disks);
  if (!guest || held.length === 0) {
    for (const { path } of apart) await copySnapshot(path, name);
    return 0;
  }
  if (!options.memory) {
    const actions = held.map(({ device }) => ({
      type: 'blockdev-snapshot-internal-sync',
      data: { device, name },
    }));
    await heldStill(guest, options, () => guest.monitor('transaction', { actions }, SILENCE));
    return 0;
  }
  const nodes = held.map(({ node }) => node);
  await job(guest, 'snapshot-save', { tag: name, vmstate: nodes[0], devices: nodes });
  return (await memoryOf(guest, name)).bytes;
}

/** Of a guest that has been started but does not run yet. */
export async function loadSnapshot(
  guest: MonitoredGuest,
  name: string,
  slots: readonly string[],
): Promise<void> {
  const { held } = await divided(
    guest,
    slots.map((slot) => ({ slot, path: slot })),
  );
  const { node } = await memoryOf(guest, name);
  if (node === undefined) throw new Error(`the guest's disks hold no memory of snapshot '${name}'`);
  await job(guest, 'snapshot-load', { tag: name, vmstate: node, devices: held.map(({ node }) => node) });
}

export async function rollBack(name: string, disks: readonly SnapshotDisk[]): Promise<void> {
  for (const { path } of disks) await restoreSnapshot(path, name);
}

export async function removeSnapshot(
  guest: MonitoredGuest | undefined,
  name: string,
  disks: readonly SnapshotDisk[],
): Promise<void> {
  const { held, apart } = await divided(guest, disks);
  if (guest && held.length > 0)
    await job(guest, 'snapshot-delete', { tag: name, devices: held.map(({ node }) => node) });
  for (const { path } of apart) await dropSnapshot(path, name);
}

/** Which of the disks the running QEMU has, by device and node. */
async function divided(guest: MonitoredGuest | undefined, disks: readonly SnapshotDisk[]) {
  const blocks = guest ? await blocksOf(guest) : [];
  const held: { readonly device: string; readonly node: string }[] = [];
  const apart: SnapshotDisk[] = [];
  for (const disk of disks) {
    const device = `drive-${disk.slot}`;
    const node = blocks.find((block) => block.device === device)?.inserted?.['node-name'];
    if (node === undefined) apart.push(disk);
    else held.push({ device, node });
  }
  return { held, apart };
}

async function memoryOf(guest: MonitoredGuest, name: string) {
  for (const { inserted } of await blocksOf(guest)) {
    const kept = inserted?.image.snapshots?.find((snapshot) => snapshot.name === name);
    if (kept && kept['vm-state-size'] > 0)
      return { node: inserted?.['node-name'], bytes: kept['vm-state-size'] };
  }
  return { node: undefined, bytes: 0 };
}

async function job(guest: MonitoredGuest, command: string, args: Readonly<Record<string, unknown>>) {
  await dismissOld(guest);
  const id = `${command}-${randomUUID().slice(0, 18)}`;
  await guest.monitor(command, { 'job-id': id, ...args }, SILENCE);
  await reached(guest, [id], 'concluded', { silence: SILENCE });
}

/** Of a node that was killed while QEMU worked on: nobody has taken note of their ends. */
async function dismissOld(guest: MonitoredGuest): Promise<void> {
  const jobs = (await guest.monitor('query-jobs', {}, SILENCE)) as readonly Job[];
  for (const { id, status } of jobs)
    if (id.startsWith('snapshot-') && status === 'concluded') await guest.monitor('job-dismiss', { id });
}
