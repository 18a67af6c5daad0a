import { ApiError } from '../../base/api-error';
import type { ParameterSchema } from '../../formats/schema';
import type { GuestRow } from '../../guests/guest-service';
import type { Pool } from '../../guests/pools';
import type { LocalNode } from '../../node';
import type { Call, Route } from '../route';
import { guestResource } from './cluster-resources';

const TEXT: ParameterSchema = { type: 'string', optional: true };
const FLAG: ParameterSchema = { type: 'boolean', optional: true };
const POOL_ID: ParameterSchema = { type: 'string', pattern: /^[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+){0,2}$/ };
const CHANGE = { poolid: POOL_ID, comment: TEXT, vms: TEXT, storage: TEXT, delete: FLAG, 'allow-move': FLAG };

function summary({ id, comment }: Pool): object {
  return { poolid: id, ...(comment === '' ? {} : { comment }) };
}

async function details(node: LocalNode, pool: Pool): Promise<object> {
  const guests = (await node.guests.list(false)).filter((row) => pool.vmids.includes(Number(row.vmid)));
  const storages = pool.storages.map((id) => ({
    id: `storage/${node.name}/${id}`,
    type: 'storage',
    storage: id,
    node: node.name,
  }));
  return {
    ...summary(pool),
    members: [...guests.map((row: GuestRow) => guestResource(node, row)), ...storages],
  };
}

function listOf(value: unknown): string[] {
  return value === undefined
    ? []
    : String(value)
        .split(/[,; ]+/)
        .filter((item) => item !== '');
}

async function update(node: LocalNode, { caller, parameters }: Call): Promise<void> {
  const id = String(parameters.poolid);
  const vmids = listOf(parameters.vms).map(Number);
  for (const vmid of vmids) {
    if (!node.guests.store.has(vmid))
      throw new ApiError(500, `update pools failed: VM ${vmid} does not exist`);
    node.access.check(caller, `/vms/${vmid}`, ['VM.Allocate']);
  }
  const storages = listOf(parameters.storage);
  for (const storage of storages) node.storage.get(storage);
  await node.guests.pools.update(id, {
    vmids,
    storages,
    remove: parameters.delete === true,
    allowMove: parameters['allow-move'] === true,
    ...(parameters.comment === undefined ? {} : { comment: String(parameters.comment) }),
  });
}

const ALLOCATE = { path: '/pool/{poolid}', anyOf: ['Pool.Allocate'] };

/** Pools group guests and storages for permissions. Each change comes as a path or as a query. */
export const poolsRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/pools',
    permission: 'self',
    parameters: { poolid: { ...POOL_ID, optional: true }, type: TEXT },
    handle: async (node, { caller, parameters }) => {
      const { poolid } = parameters;
      if (poolid !== undefined) {
        const pool = node.guests.pools.get(String(poolid));
        node.access.check(caller, `/pool/${poolid}`, ['Pool.Audit']);
        return [await details(node, pool)];
      }
      return node.guests.pools
        .list()
        .filter(({ id }) => node.access.has(caller, `/pool/${id}`, ['Pool.Audit']))
        .map(summary);
    },
  },
  {
    method: 'POST',
    path: '/pools',
    permission: ALLOCATE,
    parameters: { poolid: POOL_ID, comment: TEXT },
    handle: (node, { parameters }) =>
      node.guests.pools.create(String(parameters.poolid), String(parameters.comment ?? '')),
  },
  { method: 'PUT', path: '/pools', permission: ALLOCATE, parameters: CHANGE, handle: update },
  {
    method: 'DELETE',
    path: '/pools',
    permission: ALLOCATE,
    parameters: { poolid: POOL_ID },
    handle: (node, { parameters }) => node.guests.pools.remove(String(parameters.poolid)),
  },
  {
    method: 'GET',
    path: '/pools/{poolid}',
    permission: { path: '/pool/{poolid}', anyOf: ['Pool.Audit'] },
    parameters: { poolid: POOL_ID, type: TEXT },
    handle: (node, { parameters }) => details(node, node.guests.pools.get(String(parameters.poolid))),
  },
  { method: 'PUT', path: '/pools/{poolid}', permission: ALLOCATE, parameters: CHANGE, handle: update },
  {
    method: 'DELETE',
    path: '/pools/{poolid}',
    permission: ALLOCATE,
    parameters: { poolid: POOL_ID },
    handle: (node, { parameters }) => node.guests.pools.remove(String(parameters.poolid)),
  },
];
