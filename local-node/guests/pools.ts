/**
 * Resource pools, in STATE/etc/pve/pools.cfg with the lines that Proxmox VE keeps in user.cfg,
 * `pool:<id>:<comment>:<vmids>:<storages>:`; apart from user.cfg, so that each file has one writer.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HttpError } from '../api/http-error';
import { writeStateFile } from '../state-file';
import { absent } from '../storage/storage-service';

export interface Pool {
  readonly id: string;
  readonly comment: string;
  readonly vmids: readonly number[];
  readonly storages: readonly string[];
}

export class PoolStore {
  private readonly file: string;
  private pools: readonly Pool[] = [];

  constructor(stateDir: string) {
    this.file = join(stateDir, 'etc', 'pve', 'pools.cfg');
  }

  async start(): Promise<void> {
    const text = (await readFile(this.file, 'utf8').catch(absent)) ?? '';
    this.pools = text.split('\n').flatMap((line): Pool[] => {
      const [kind, id, comment, vmids, storages] = line.split(':');
      if (kind !== 'pool' || !id) return [];
      return [
        {
          id,
          comment: decodeURIComponent(comment ?? ''),
          vmids: split(vmids).map(Number),
          storages: split(storages),
        },
      ];
    });
  }

  list(): readonly Pool[] {
    return this.pools;
  }

  /** Throws 500 "pool 'x' does not exist". */
  get(id: string): Pool {
    const pool = this.pools.find((one) => one.id === id);
    if (!pool) throw new HttpError(500, `pool '${id}' does not exist`);
    return pool;
  }

  /** Proxmox VE words an unknown pool of a new guest as a lack of permission. */
  requireForNewMember(id: string): void {
    if (!this.pools.some((pool) => pool.id === id)) {
      throw new HttpError(403, `Permission check failed (pool '${id}' does not exist)`);
    }
  }

  poolOf(vmid: number): string | undefined {
    return this.pools.find((pool) => pool.vmids.includes(vmid))?.id;
  }

  async create(id: string, comment: string): Promise<void> {
    if (this.pools.some((pool) => pool.id === id)) {
      throw new HttpError(500, `create pool failed: pool '${id}' already exists`);
    }
    await this.save([...this.pools, { id, comment, vmids: [], storages: [] }]);
  }

  async update(
    id: string,
    change: {
      readonly comment?: string;
      readonly vmids: readonly number[];
      readonly storages: readonly string[];
      readonly remove: boolean;
      readonly allowMove: boolean;
    },
  ): Promise<void> {
    const pool = this.get(id);
    for (const vmid of change.vmids) {
      const owner = this.poolOf(vmid);
      if (change.remove && owner !== id) throw updateFault(`VM ${vmid} is not a pool member`);
      if (!change.remove && owner === id) throw updateFault(`VM ${vmid} is already a pool member`);
      if (!change.remove && owner !== undefined && !change.allowMove) {
        throw updateFault(`VM ${vmid} belongs already to pool '${owner}' and 'allow-move' is not set`);
      }
    }
    for (const storage of change.storages) {
      const member = pool.storages.includes(storage);
      if (member === change.remove) continue;
      throw updateFault(`Storage '${storage}' is ${member ? 'already' : 'not'} a pool member`);
    }
    const without = this.pools.map((one) => ({
      ...one,
      vmids: one.vmids.filter((v) => !change.vmids.includes(v)),
    }));
    await this.save(
      without.map((one) =>
        one.id !== id
          ? one
          : {
              ...one,
              comment: change.comment ?? one.comment,
              vmids: change.remove ? one.vmids : [...one.vmids, ...change.vmids],
              storages: change.remove
                ? one.storages.filter((storage) => !change.storages.includes(storage))
                : [...one.storages, ...change.storages],
            },
      ),
    );
  }

  async remove(id: string): Promise<void> {
    const { vmids, storages } = this.get(id);
    const member = vmids[0] === undefined ? storages[0] && `storage ${storages[0]}` : `VM ${vmids[0]}`;
    if (member) {
      throw new HttpError(500, `delete pool failed: pool '${id}' is not empty (contains ${member})`);
    }
    await this.save(this.pools.filter((pool) => pool.id !== id));
  }

  async addGuest(id: string, vmid: number): Promise<void> {
    this.get(id);
    await this.save(
      this.pools.map((pool) => (pool.id === id ? { ...pool, vmids: [...pool.vmids, vmid] } : pool)),
    );
  }

  async removeGuest(vmid: number): Promise<void> {
    if (this.poolOf(vmid) === undefined) return;
    await this.save(
      this.pools.map((pool) => ({ ...pool, vmids: pool.vmids.filter((member) => member !== vmid) })),
    );
  }

  private async save(pools: readonly Pool[]): Promise<void> {
    this.pools = pools;
    const lines = pools.map(
      ({ id, comment, vmids, storages }) =>
        `pool:${id}:${encodeURIComponent(comment)}:${vmids.join(',')}:${storages.join(',')}:\n`,
    );
    await writeStateFile(this.file, lines.join(''));
  }
}

function split(text: string | undefined): string[] {
  return (text ?? '').split(',').filter((item) => item !== '');
}

function updateFault(message: string): HttpError {
  return new HttpError(500, `update pools failed: ${message}`);
}
