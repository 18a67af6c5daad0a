/**
 * Snapshots of containers: copies of the root file system beside it, made while a running container stands still. Where a
 * real node keeps directories it refuses snapshots; there they are what its storages can do.
 */
import type { Caller } from '../../base/caller';
import type { ContainerEngine } from '../../engine/container-engine';
import type { GuestConfig } from '../../formats/guest-config';
import type { OptionValues } from '../../formats/option-values';
import type { Volume } from '../../storage/storage-catalogue';
import type { StorageService } from '../../storage/storage-service';
import type { TaskService } from '../../tasks/task-service';
import type { ContainerPower } from '../containers/container-power';
import { rootOf } from '../containers/container-spec';
import type { ContainerVolumes } from '../containers/container-volumes';
import type { SnapshotHands } from './guest-snapshots';

interface ContainerHandsUses {
  readonly engine: ContainerEngine;
  readonly storage: StorageService;
  readonly tasks: TaskService;
  readonly volumes: ContainerVolumes;
  readonly power: ContainerPower;
}

type Log = (line: string) => void;

export class ContainerHands implements SnapshotHands {
  readonly noun = 'CT';
  readonly reserved = ['current', 'pending', 'vzdump'];

  constructor(private readonly uses: ContainerHandsUses) {}

  available(values: OptionValues): boolean {
    return rootOf(values) !== undefined;
  }

  isRunning(vmid: number): boolean {
    return this.uses.engine.isRunning(vmid);
  }

  async requireSpace(values: OptionValues): Promise<void> {
    const volume = this.volumeOf(values);
    const bytes = await this.uses.engine.occupied(volume.path);
    await this.uses.storage.requireSpace(volume.storage, bytes, `a copy of '${volume.volid}'`);
  }

  async take(
    vmid: number,
    name: string,
    { values }: GuestConfig,
    _memory: boolean,
    log: Log,
  ): Promise<Readonly<Record<string, string>>> {
    const { engine, volumes } = this.uses;
    const volume = this.volumeOf(values);
    const running = this.isRunning(vmid);
    log(`snapshotting 'rootfs' (${volume.volid})`);
    const begin = performance.now();
    if (running) await engine.freeze(vmid);
    try {
      await volumes.keep(volume, name);
    } finally {
      if (running) await engine.thaw(vmid);
    }
    const seconds = ((performance.now() - begin) / 1000).toFixed(1);
    const bytes = await engine.occupied(volumes.copyOf(volume, name));
    const still = running ? ' while the container stood still' : '';
    log(`copied ${(bytes / 1024 / 1024).toFixed(2)} MiB in ${seconds}s${still}`);
    return {};
  }

  stop(vmid: number): Promise<void> {
    return this.uses.power.stop(vmid);
  }

  async rollBack(_vmid: number, name: string, snapshot: OptionValues): Promise<void> {
    const volume = this.volumeOf(snapshot);
    const bytes = await this.uses.engine.occupied(this.uses.volumes.copyOf(volume, name));
    await this.uses.storage.requireSpace(volume.storage, bytes, `a copy of '${volume.volid}'`);
    await this.uses.volumes.putBack(volume, name);
  }

  renewed(values: OptionValues): OptionValues {
    return values;
  }

  start(vmid: number, caller: Caller): void {
    this.uses.tasks.run('vzstart', String(vmid), caller, ({ warn }) =>
      this.uses.power.start(vmid, false, warn),
    );
  }

  /** A container that a node left frozen when it was killed goes on, too. */
  async remove(vmid: number, name: string, { snapshots }: GuestConfig): Promise<void> {
    if (this.isRunning(vmid)) await this.uses.engine.thaw(vmid);
    await this.uses.volumes.forget(this.volumeOf(snapshots.get(name) ?? new Map()), name);
  }

  /** No snapshot has a container's memory. */
  async goOn(): Promise<void> {}

  private volumeOf(values: OptionValues): Volume {
    const root = rootOf(values);
    if (!root) throw new Error('there is no root file system');
    return this.uses.volumes.of(root.volume);
  }
}
