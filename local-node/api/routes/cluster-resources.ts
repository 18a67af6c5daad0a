import { existsSync } from 'node:fs';
import { ApiError } from '../../base/api-error';
import type { Caller } from '../../base/caller';
import { parametersOf } from '../../formats/call-parameters';
import type { GuestRow } from '../../guests/guest-figures';
import type { LocalNode } from '../../node';
import { type Route, route } from '../route';
import { nodeFigures } from './node';
import { mayAudit } from './storage';

/** A guest as a row of cluster/resources. */
export function guestResource(node: LocalNode, row: GuestRow): object {
  const { type = 'qemu' } = row;
  if (node.guests.looks.isAhead(Number(row.vmid))) {
    const { vmid, tags, lock } = row;
    const pool = node.guests.pools.poolOf(Number(vmid));
    return { id: `${type}/${vmid}`, type, node: node.name, vmid, status: 'unknown', tags, lock, pool };
  }
  const { vmid, name, status, cpus, cpu, maxmem, mem, memhost, maxdisk, disk, uptime } = row;
  const { netin, netout, diskread, diskwrite, tags, lock, template, fault } = row;
  const pool = node.guests.pools.poolOf(Number(vmid));
  return {
    id: `${type}/${vmid}`,
    type,
    node: node.name,
    vmid,
    name,
    status,
    template: template ?? 0,
    maxcpu: cpus,
    cpu,
    maxmem,
    mem,
    memhost: memhost ?? 0,
    maxdisk,
    disk,
    uptime,
    netin,
    netout,
    diskread,
    diskwrite,
    tags,
    lock,
    fault,
    pool,
  };
}

async function guests(node: LocalNode, caller: Caller): Promise<object[]> {
  const { figures, containers } = node.guests;
  const rows = [...(await figures.list(false)), ...(await containers.figures.list())];
  return rows
    .filter(({ vmid }) => node.access.has(caller, `/vms/${vmid}`, ['VM.Audit']))
    .map((row) => guestResource(node, row));
}

async function storages(node: LocalNode, caller: Caller): Promise<object[]> {
  const visible = node.storage.list().filter((storage) => mayAudit(node, caller, storage));
  return Promise.all(
    visible.map(async (storage) => {
      const { total, used } = await node.storage.usage(storage);
      return {
        id: `storage/${node.name}/${storage.id}`,
        type: 'storage',
        node: node.name,
        storage: storage.id,
        plugintype: storage.type,
        content: storage.content.join(','),
        shared: 0,
        status: 'available',
        maxdisk: total,
        disk: used,
      };
    }),
  );
}

async function nodeResource(node: LocalNode, caller: Caller): Promise<object> {
  const groups = existsSync('/sys/fs/cgroup/cgroup.controllers') ? 2 : 1;
  const row = {
    ...{ id: `node/${node.name}`, type: 'node', node: node.name, status: 'online', level: '' },
    'cgroup-mode': groups,
  };
  const may = node.access.has(caller, `/nodes/${node.name}`, ['Sys.Audit']);
  return may ? { ...row, ...(await nodeFigures(node)) } : row;
}

/** The zone of the bridges, which every node has without any software-defined network. */
function zones(node: LocalNode, caller: Caller): object[] {
  if (!node.access.has(caller, '/sdn/zones/localnetwork', ['SDN.Audit'])) return [];
  const [type, kind, network] = ['network', 'zone', 'localnetwork'];
  const id = `${type}/${node.name}/${kind}/${network}`;
  return [{ id, type, 'network-type': kind, network, node: node.name, status: 'ok' }];
}

const HA_AUDIT = { path: '/', anyOf: ['Sys.Audit'] };

/** Everything at once; and high availability, of which one node has none. */
export const clusterResourcesRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/cluster/resources',
    permission: 'self',
    shared: true,
    parameters: parametersOf('GET /cluster/resources', 'type'),
    handle: async (node, { caller, parameters }) => {
      const { type } = parameters;
      const wants = (kind: string) => type === undefined || type === kind;
      return [
        ...(wants('vm') ? await guests(node, caller) : []),
        ...(wants('node') ? [await nodeResource(node, caller)] : []),
        ...(wants('storage') ? await storages(node, caller) : []),
        ...(wants('sdn') ? zones(node, caller) : []),
      ];
    },
  }),
  { method: 'GET', path: '/cluster/ha/resources', permission: HA_AUDIT, parameters: {}, handle: () => [] },
  {
    method: 'GET',
    path: '/cluster/ha/rules',
    permission: HA_AUDIT,
    parameters: parametersOf('GET /cluster/ha/rules', 'type', 'resource'),
    handle: () => [],
  },
  route({
    method: 'GET',
    path: '/cluster/ha/groups',
    permission: HA_AUDIT,
    parameters: {},
    handle: () => {
      throw new ApiError(500, 'cannot index groups: ha groups have been migrated to rules');
    },
  }),
  route({
    method: 'GET',
    path: '/cluster/ha/resources/{sid}',
    permission: HA_AUDIT,
    parameters: parametersOf('GET /cluster/ha/resources/{sid}'),
    handle: (_node, { parameters }) => {
      throw new ApiError(500, `no such resource '${parameters.sid}'`);
    },
  }),
];
