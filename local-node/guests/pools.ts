import type { AccessService } from '../access/access-service';
import { ApiError } from '../base/api-error';
import type { UserConfig } from '../formats/user-config';

export interface Pool {
  readonly id: string;
  readonly comment: string;
  readonly vmids: readonly number[];
  readonly storages: readonly string[];
}

/** Resource pools, kept in user.cfg as on Proxmox VE: a permission on a pool holds for its members. */
export class PoolStore {
  private byGuest?: { readonly config: UserConfig; readonly pools: ReadonlyMap<number, string> };

  constructor(private readonly access: AccessService) {}

  list(): readonly Pool[] {
    return [...this.access.config.pools].map(([id, { comment, vms, storages }]) => ({
      id,
      comment,
      vmids: [...vms],
      storages: [...storages],
    }));
  }

  /** Throws 500 "pool 'x' does not exist". */
  get(id: string): Pool {
    const pool = this.list().find((one) => one.id === id);
    if (!pool) throw new ApiError(500, `pool '${id}' does not exist`);
    return pool;
  }

  /** Proxmox VE words an unknown pool of a new guest as a lack of permission. */
  requireForNewMember(id: string): void {
    if (!this.list().some((pool) => pool.id === id)) {
      throw new ApiError(403, `Permission check failed (pool '${id}' does not exist)`);
    }
  }

  poolOf(vmid: number): string | undefined {
    const { config } = this.access;
    if (this.byGuest?.config !== config) {
      const members = [...config.pools].flatMap(([id, { vms }]) =>
        [...vms].map((member) => [member, id] as const),
      );
      this.byGuest = { config, pools: new Map(members) };
    }
    return this.byGuest.pools.get(vmid);
  }

  async create(id: string, comment: string): Promise<void> {
    if (this.list().some((pool) => pool.id === id)) {
      throw new ApiError(500, `create pool failed: pool '${id}' already exists`);
    }
    await this.change((pools) => [...pools, { id, comment, vmids: [], storages: [] }]);
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
    const without = (one: Pool): Pool => ({
      ...one,
      vmids: one.vmids.filter((vmid) => !change.vmids.includes(vmid)),
    });
    await this.change((pools) =>
      pools.map(without).map((one) =>
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
      throw new ApiError(500, `delete pool failed: pool '${id}' is not empty (contains ${member})`);
    }
    await this.change((pools) => pools.filter((pool) => pool.id !== id));
  }

  async addGuest(id: string, vmid: number): Promise<void> {
    this.get(id);
    await this.change((pools) =>
      pools.map((pool) => (pool.id === id ? { ...pool, vmids: [...pool.vmids, vmid] } : pool)),
    );
  }

  async removeGuest(vmid: number): Promise<void> {
    if (this.poolOf(vmid) === undefined) return;
    await this.change((pools) =>
      pools.map((pool) => ({ ...pool, vmids: pool.vmids.filter((member) => member !== vmid) })),
    );
  }

  /** `make` sees the pools as they are when its turn comes, for guests come and go in parallel. */
  private async change(make: (pools: readonly Pool[]) => readonly Pool[]): Promise<void> {
    await this.access.update((config) => {
      const pools = make(this.list());
      config.pools.clear();
      for (const { id, comment, vmids, storages } of pools) {
        config.pools.set(id, { comment, vms: new Set(vmids), storages: new Set(storages) });
      }
    });
  }
}

function updateFault(message: string): ApiError {
  return new ApiError(500, `update pools failed: ${message}`);
}
