/** Copies of containers, and the templates that are only copied. Each method's worker is the body of a task. */
import { ApiError } from '../../base/api-error';
import type { ContainerEngine } from '../../engine/container-engine';
import { emptyConfig } from '../../formats/guest-config';
import { textOf } from '../../formats/option-values';
import type { Volume } from '../../storage/storage-catalogue';
import type { TaskWorker } from '../../tasks/task-service';
import type { FirstLooks } from '../first-looks';
import { messageOf } from '../guest-disks';
import type { GuestLocks } from '../guest-lock';
import { type GuestStore, refuseLocked } from '../guest-store';
import type { PoolStore } from '../pools';
import { snapshotOf } from '../snapshots/snapshot-config';
import type { ContainerChanges } from './container-changes';
import { type ContainerCreation, withNewMacs } from './container-creation';
import { rootOf } from './container-spec';
import type { ContainerVolumes } from './container-volumes';

export interface ContainerCloneRequest {
  readonly newVmid: number;
  /** @default full, except of templates */
  readonly full?: boolean | undefined;
  readonly hostname?: string | undefined;
  readonly description?: string | undefined;
  readonly storage?: string | undefined;
  readonly pool?: string | undefined;
  /** What the container was at this snapshot, in place of what it is. */
  readonly snapshot?: string | undefined;
}

interface ContainerCloningUses {
  readonly engine: ContainerEngine;
  readonly store: GuestStore;
  readonly machines: GuestStore;
  readonly looks: FirstLooks;
  readonly locks: GuestLocks;
  readonly pools: PoolStore;
  readonly volumes: ContainerVolumes;
  readonly changes: ContainerChanges;
  readonly creation: ContainerCreation;
}

export class ContainerCloning {
  constructor(private readonly uses: ContainerCloningUses) {}

  /** Throws ApiError if there is no such container, the new vmid is taken or it cannot be copied so. */
  clone(vmid: number, request: ContainerCloneRequest): TaskWorker {
    const { store, machines, engine, volumes, pools } = this.uses;
    const { newVmid } = request;
    const config = store.get(vmid);
    refuseLocked(config, 'CT');
    const taken = () => new ApiError(500, `CT ${newVmid} already exists on node '${store.nodeName}'`);
    if (store.has(newVmid)) throw taken();
    if (machines.has(newVmid))
      throw new ApiError(500, `VM ${newVmid} already exists on node '${store.nodeName}'`);
    const { snapshot } = request;
    const given = snapshot === undefined ? config.values : snapshotOf(config, snapshot);
    const root = rootOf(given);
    if (!root) throw new ApiError(500, `CT ${vmid} has no root file system`);
    const source = volumes.of(root.volume);
    const from = snapshot === undefined ? source.path : volumes.copyOf(source, snapshot);
    if (engine.isRunning(vmid) && snapshot === undefined)
      throw new ApiError(500, 'Full clone of a running container is only possible from a snapshot');
    const full = request.full ?? config.values.get('template') !== '1';
    if (!full) throw new ApiError(500, `Linked clone feature for '${root.volume}' is not available`);
    const storage = volumes.place(request.storage ?? source.storage.id);
    if (request.pool !== undefined) pools.requireForNewMember(request.pool);
    if (!store.reserve(newVmid, 'clone')) throw taken();
    this.uses.looks.add(newVmid);
    return ({ log }) =>
      this.uses.locks.exclusive(newVmid, () =>
        this.uses.locks.shared(vmid, async () => {
          const made: Volume[] = [];
          try {
            if (engine.fault !== undefined) throw new Error(engine.fault);
            log(`creating a clone of container ${vmid} with ID ${newVmid}`);
            log(`create full clone of mountpoint rootfs (${root.volume})`);
            const volume = await volumes.next(storage, newVmid);
            made.push(volume);
            await engine.copy(from, volume.path);
            const values = withNewMacs(snapshot === undefined ? store.get(vmid).values : given);
            for (const name of ['template', 'lock', 'parent', 'snaptime']) values.delete(name);
            const size = /,size=[^,]*/.exec(textOf(given, 'rootfs') ?? '')?.[0] ?? '';
            values.set('rootfs', `${volume.volid}${size}`);
            if (request.hostname !== undefined) values.set('hostname', request.hostname);
            if (request.description !== undefined) values.set('description', request.description);
            if (request.pool !== undefined) await pools.addGuest(request.pool, newVmid);
            await store.write(newVmid, emptyConfig(values));
          } catch (fault) {
            await this.uses.creation.takeBack(newVmid, made);
            throw new Error(`clone failed: ${messageOf(fault)}`, { cause: fault });
          }
        }),
      );
  }

  /** The storage on which a clone gets its root file system. */
  storageOfClone(vmid: number, asked: string | undefined): string | undefined {
    const config = this.uses.store.find(vmid);
    const root = config && rootOf(config.values);
    return asked ?? (root && this.uses.volumes.of(root.volume).storage.id);
  }

  /** Makes a template of a stopped container. Throws ApiError. */
  async template(vmid: number): Promise<void> {
    await this.uses.locks.exclusive(vmid, async () => {
      const { store, engine, volumes, changes } = this.uses;
      const config = store.get(vmid);
      refuseLocked(config, 'CT');
      if (config.values.get('template') === '1')
        throw new ApiError(500, "you can't convert a template to a template");
      if (config.snapshots.size > 0)
        throw new ApiError(500, 'unable to create template, because CT contains snapshots');
      if (engine.isRunning(vmid))
        throw new ApiError(500, "you can't convert a CT to template if the CT is running");
      const current = await changes.applyPending(vmid, config);
      const root = rootOf(current.values);
      const values = new Map(current.values).set('template', '1');
      if (root) {
        const base = await volumes.makeBase(volumes.of(root.volume));
        values.set('rootfs', (textOf(values, 'rootfs') ?? '').replace(root.volume, base.volid));
      }
      await store.write(vmid, { ...current, values });
    });
  }
}
