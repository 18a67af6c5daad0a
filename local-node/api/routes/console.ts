import { certificatePath } from '../../access/certificate';
import { ApiError } from '../../base/api-error';
import { readStateFile } from '../../base/state-file';
import { parametersOf } from '../../formats/call-parameters';
import { GUEST } from '../../formats/parameter-types';
import { type Route, route } from '../route';

const CONSOLE = { path: '/vms/{vmid}', anyOf: ['VM.Console'] };

/** Screens and serial terminals of guests, over WebSocket alone: no port is ever opened for them. */
export const consoleRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/nodes/{node}/qemu/{vmid}/vncproxy',
    permission: CONSOLE,
    parameters: parametersOf('POST /nodes/{node}/qemu/{vmid}/vncproxy', 'websocket', 'generate-password'),
    handle: (node, { caller, parameters }) => ({
      ...node.guests.consoles.offer(caller, parameters.vmid, 'screen'),
      cert: readStateFile(certificatePath(node.stateDir)),
    }),
  }),
  route({
    method: 'POST',
    path: '/nodes/{node}/qemu/{vmid}/termproxy',
    permission: CONSOLE,
    parameters: parametersOf('POST /nodes/{node}/qemu/{vmid}/termproxy', 'serial'),
    handle: (node, { caller, parameters: { vmid } }) => node.guests.consoles.offer(caller, vmid, 'serial'),
  }),
  route({
    method: 'POST',
    path: '/nodes/{node}/qemu/{vmid}/spiceproxy',
    permission: CONSOLE,
    parameters: { ...GUEST, proxy: { type: 'string', optional: true } },
    handle: (node, { parameters: { vmid } }) => {
      node.guests.store.get(vmid);
      throw new ApiError(500, node.engine.isRunning(vmid) ? 'no spice port' : `VM ${vmid} not running`);
    },
  }),
  route({
    method: 'POST',
    path: '/nodes/{node}/lxc/{vmid}/termproxy',
    permission: CONSOLE,
    parameters: parametersOf('POST /nodes/{node}/lxc/{vmid}/termproxy'),
    handle: (node, { caller, parameters: { vmid } }) => node.guests.consoles.offer(caller, vmid, 'container'),
  }),
  ...(['qemu', 'lxc'] as const).map((kind) =>
    route({
      method: 'GET',
      path: `/nodes/{node}/${kind}/{vmid}/vncwebsocket`,
      permission: CONSOLE,
      parameters: parametersOf(`GET /nodes/{node}/${kind}/{vmid}/vncwebsocket`, 'port', 'vncticket'),
      handle: (node, { caller, parameters: { vmid, port, vncticket } }) => {
        node.guests.consoles.check(caller, vmid, port, vncticket);
        return { port: String(port) };
      },
    }),
  ),
];
