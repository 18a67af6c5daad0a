import { badParameters } from '../../base/api-error';
import { parametersOf } from '../../formats/call-parameters';
import type { LocalNode } from '../../node';
import { type Route, route } from '../route';

const AUDIT = { path: '/', anyOf: ['Sys.Audit'] };

/** A cluster of this one node. */
export const clusterRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/cluster/nextid',
    permission: 'authenticated',
    parameters: parametersOf('GET /cluster/nextid', 'vmid'),
    handle: (node, { parameters }) => nextVmid(node, parameters.vmid),
  }),
  route({
    method: 'GET',
    path: '/cluster/status',
    permission: AUDIT,
    parameters: {},
    handle: (node) => [
      {
        ...{ type: 'node', id: `node/${node.name}`, name: node.name, nodeid: 0, level: '' },
        ...{ ip: '127.0.0.1', local: 1, online: 1 },
      },
    ],
  }),
  route({
    method: 'GET',
    path: '/cluster/options',
    permission: 'authenticated',
    parameters: {},
    handle: () => ({ keyboard: 'en-us', mac_prefix: 'BC:24:11', description: '', 'allowed-tags': [] }),
  }),
  // What a local node never has: the lists are empty, and nothing can be added to them.
  ...['/cluster/sdn/zones', '/cluster/sdn/vnets', '/cluster/mapping/pci'].map(
    (path): Route => ({ method: 'GET', path, permission: 'authenticated', parameters: {}, handle: () => [] }),
  ),
];

/** The lowest free vmid, or `wanted` if that is free; a string, as Proxmox VE answers. */
function nextVmid(node: LocalNode, wanted: number | undefined): string {
  const taken = new Set([...node.guests.store.vmids(), ...node.guests.containers.vmids()]);
  if (wanted !== undefined) {
    if (taken.has(wanted)) throw badParameters({ vmid: `VM ${wanted} already exists` });
    return String(wanted);
  }
  let vmid = 100;
  while (taken.has(vmid)) vmid += 1;
  return String(vmid);
}
