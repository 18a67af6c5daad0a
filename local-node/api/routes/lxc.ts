import { GUEST, NODE } from '../../formats/parameter-types';
import { type Route, route } from '../route';

/** Containers that lie on the node without being its own; see container-files.ts. */
export const lxcRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/nodes/{node}/lxc',
    permission: 'self',
    parameters: { node: NODE },
    handle: (node, { caller }) =>
      node.guests.containers
        .list()
        .filter(({ vmid }) => node.access.has(caller, `/vms/${vmid}`, ['VM.Audit'])),
  }),
  route({
    method: 'GET',
    path: '/nodes/{node}/lxc/{vmid}/status/current',
    permission: { path: '/vms/{vmid}', anyOf: ['VM.Audit'] },
    parameters: GUEST,
    handle: (node, { parameters }) => ({
      ...node.guests.containers.status(parameters.vmid),
      ha: { managed: 0 },
    }),
  }),
];
