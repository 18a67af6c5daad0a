/** What is done to the disks and the memory of a virtual machine for its snapshots. */
import { randomUUID } from 'node:crypto';
import type { Caller } from '../../base/caller';
import type { GuestEngine, SnapshotDisk } from '../../engine/guest-engine';
import { freeUnusedDisk, isCdrom } from '../../formats/drive';
import type { GuestConfig } from '../../formats/guest-config';
import { drivesOf, type OptionValues } from '../../formats/option-values';
import type { Volume } from '../../storage/storage-catalogue';
import type { StorageService } from '../../storage/storage-service';
import type { TaskService } from '../../tasks/task-service';
import type { GuestDisks } from '../guest-disks';
import type { GuestPower } from '../guest-power';
import { hasAgent, memoryMiBOf } from '../guest-spec';
import type { SnapshotHands } from './guest-snapshots';

interface MachineHandsUses {
  readonly engine: GuestEngine;
  readonly storage: StorageService;
  readonly disks: GuestDisks;
  readonly power: GuestPower;
  readonly tasks: TaskService;
}

type Log = (line: string) => void;

export class MachineHands implements SnapshotHands {
  readonly noun = 'VM';
  readonly reserved = ['current', 'pending'];

  constructor(private readonly uses: MachineHandsUses) {}

  available(values: OptionValues): boolean {
    return this.disksOf(values).every(({ volume }) => volume.format === 'qcow2');
  }

  isRunning(vmid: number): boolean {
    return this.uses.engine.isRunning(vmid);
  }

  async requireSpace(values: OptionValues, memory: boolean): Promise<void> {
    const [first] = this.disksOf(values);
    const bytes = memory ? memoryMiBOf(values) * 1024 * 1024 : 0;
    if (first) await this.uses.storage.requireSpace(first.volume.storage, bytes, 'a snapshot');
    else if (memory) throw new Error('a guest without a disk has no place for its memory');
  }

  async take(
    vmid: number,
    name: string,
    { values }: GuestConfig,
    memory: boolean,
    log: Log,
  ): Promise<Readonly<Record<string, string>>> {
    const disks = this.disksOf(values);
    const running = this.isRunning(vmid);
    const [first] = disks;
    const freeze = running && !memory && hasAgent(values);
    if (running && !memory && !freeze) log('skipping guest filesystem freeze - disabled in VM options');
    if (memory && first) log(`saving VM state and RAM using storage '${first.volume.storage.id}'`);
    const begin = performance.now();
    const bytes = await this.uses.engine.takeSnapshot(vmid, name, this.placed(disks, values), {
      ...{ memory, freeze, log },
    });
    const seconds = Math.round((performance.now() - begin) / 1000);
    if (memory) log(`completed saving the VM state in ${seconds}s, saved ${mebibytes(bytes)} MiB`);
    for (const { slot, drive } of disks) {
      log(`snapshotting 'drive-${slot}' (${drive.file})`);
      if (running) log('internal qemu snapshot');
    }
    return memory && first ? { vmstate: first.volume.volid } : {};
  }

  stop(vmid: number): Promise<void> {
    return this.uses.power.stop(vmid);
  }

  async rollBack(_vmid: number, name: string, snapshot: OptionValues): Promise<void> {
    await this.uses.engine.rollBack(name, this.placed(this.disksOf(snapshot), new Map()));
  }

  /** Disks that came after the snapshot stay as unused ones. */
  renewed(values: OptionValues, before: OptionValues): OptionValues {
    const after = new Map(values);
    if (after.has('vmgenid')) after.set('vmgenid', randomUUID());
    const kept = new Set(this.disksOf(after).map(({ volume }) => volume.path));
    for (const { volume } of this.disksOf(before))
      if (!kept.has(volume.path)) after.set(freeUnusedDisk(after), volume.volid);
    return after;
  }

  start(vmid: number, caller: Caller): void {
    this.uses.tasks.run('qmstart', String(vmid), caller, ({ log }) => this.uses.power.start(vmid, log));
  }

  async remove(vmid: number, name: string, { values, snapshots }: GuestConfig): Promise<void> {
    const disks = this.placed(this.disksOf(snapshots.get(name) ?? new Map()), values);
    const present = await Promise.all(disks.map(({ volume }) => this.uses.storage.exists(volume)));
    await this.uses.engine.removeSnapshot(
      vmid,
      name,
      disks.filter((_, index) => present[index]),
    );
  }

  async goOn(vmid: number, name: string, snapshot: OptionValues, log: Log): Promise<void> {
    if (!snapshot.has('vmstate')) return;
    await this.uses.power.startHeld(vmid, log, { skipLock: true, snapshot: name });
  }

  private disksOf(values: OptionValues) {
    return drivesOf(values).flatMap(({ slot, drive }) => {
      const volume = isCdrom(drive) ? undefined : this.uses.disks.volumeOf(drive);
      return volume ? [{ slot, drive, volume }] : [];
    });
  }

  /** The disks with the slots in which a guest with these options has them. */
  private placed(
    disks: readonly { readonly volume: Volume }[],
    values: OptionValues,
  ): (SnapshotDisk & { readonly volume: Volume })[] {
    const now = this.disksOf(values);
    return disks.map(({ volume }) => ({
      volume,
      path: volume.path,
      slot: now.find((one) => one.volume.path === volume.path)?.slot,
    }));
  }
}

function mebibytes(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(2);
}
