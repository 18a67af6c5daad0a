import { ApiError } from '../../base/api-error';
import { parametersOf } from '../../formats/call-parameters';
import type { ParameterSchema } from '../../formats/schema';
import type { GuestRow } from '../../guests/guest-figures';
import type { Pool } from '../../guests/pools';
import type { LocalNode } from '../../node';
import { type CallOf, type Route, route } from '../route';
import { guestResource } from './cluster-resources';

const POOL_ID = {
  type: 'string',
  pattern: /^[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+){0,2}$/,
} as const satisfies ParameterSchema;
const CHANGE = {
  ...parametersOf('PUT /pools', 'comment', 'vms', 'storage', 'delete', 'allow-move'),
  poolid: POOL_ID,
};

function summary({ id, comment }: Pool): object {
  return { poolid: id, ...(comment === '' ? {} : { comment }) };
}

async function details(node: LocalNode, pool: Pool): Promise<object> {
  const guests = (await node.guests.figures.list(false)).filter((row) =>
    pool.vmids.includes(Number(row.vmid)),
  );
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

function listOf(text = ''): string[] {
  return text.split(/[,; ]+/).filter((item) => item !== '');
}

async function update(node: LocalNode, { caller, parameters }: CallOf<typeof CHANGE>): Promise<void> {
  const id = parameters.poolid;
  const vmids = listOf(parameters.vms).map(Number);
  for (const vmid of vmids) {
    if (!node.guests.store.has(vmid) && !node.guests.containers.has(vmid))
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
    comment: parameters.comment,
  });
}

const ALLOCATE = { path: '/pool/{poolid}', anyOf: ['Pool.Allocate'] };

/** Pools group guests and storages for permissions. Each change comes as a path or as a query. */
export const poolsRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/pools',
    permission: 'self',
    parameters: { ...parametersOf('GET /pools', 'type'), poolid: { ...POOL_ID, optional: true } },
    handle: async (node, { caller, parameters }) => {
      const { poolid } = parameters;
      if (poolid !== undefined) {
        const pool = node.guests.pools.get(poolid);
        node.access.check(caller, `/pool/${poolid}`, ['Pool.Audit']);
        return [await details(node, pool)];
      }
      return node.guests.pools
        .list()
        .filter(({ id }) => node.access.has(caller, `/pool/${id}`, ['Pool.Audit']))
        .map(summary);
    },
  }),
  route({
    method: 'POST',
    path: '/pools',
    permission: ALLOCATE,
    parameters: { ...parametersOf('POST /pools', 'comment'), poolid: POOL_ID },
    handle: (node, { parameters }) => node.guests.pools.create(parameters.poolid, parameters.comment ?? ''),
  }),
  route({ method: 'PUT', path: '/pools', permission: ALLOCATE, parameters: CHANGE, handle: update }),
  route({
    method: 'DELETE',
    path: '/pools',
    permission: ALLOCATE,
    parameters: { ...parametersOf('DELETE /pools'), poolid: POOL_ID },
    handle: (node, { parameters }) => node.guests.pools.remove(parameters.poolid),
  }),
  route({
    method: 'GET',
    path: '/pools/{poolid}',
    permission: { path: '/pool/{poolid}', anyOf: ['Pool.Audit'] },
    parameters: { ...parametersOf('GET /pools/{poolid}', 'type'), poolid: POOL_ID },
    handle: (node, { parameters }) => details(node, node.guests.pools.get(parameters.poolid)),
  }),
  route({ method: 'PUT', path: '/pools/{poolid}', permission: ALLOCATE, parameters: CHANGE, handle: update }),
  route({
    method: 'DELETE',
    path: '/pools/{poolid}',
    permission: ALLOCATE,
    parameters: { ...parametersOf('DELETE /pools/{poolid}'), poolid: POOL_ID },
    handle: (node, { parameters }) => node.guests.pools.remove(parameters.poolid),
  }),
];
