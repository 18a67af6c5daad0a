import { ApiError } from '../../base/api-error';
import { parametersOf } from '../../formats/call-parameters';
import { NODE, VMID } from '../../formats/parameter-types';
import type { ParameterSchema } from '../../formats/schema';
import type { TimeFrame } from '../../rrd/rrd-service';
import { type Call, type Route, route } from '../route';

const FRAME: Readonly<Record<string, ParameterSchema>> = {
  timeframe: { type: 'string', enum: ['hour', 'day', 'week', 'month', 'year', 'decade'] },
  cf: { type: 'string', enum: ['AVERAGE', 'MAX'], optional: true },
};

/** Figures over time. */
export const rrdRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/nodes/{node}/rrddata',
    permission: { path: '/nodes/{node}', anyOf: ['Sys.Audit'] },
    parameters: parametersOf('GET /nodes/{node}/rrddata', 'timeframe', 'cf'),
    handle: (node, call) => node.rrd.rows('node', timeFrame(call)),
  }),
  route({
    method: 'GET',
    path: '/nodes/{node}/qemu/{vmid}/rrddata',
    permission: { path: '/vms/{vmid}', anyOf: ['VM.Audit'] },
    parameters: { node: NODE, vmid: VMID, ...FRAME },
    handle: (node, call) => {
      node.guests.store.get(call.parameters.vmid);
      return node.rrd.rows(`qemu/${call.parameters.vmid}`, timeFrame(call));
    },
  }),
  route({
    method: 'GET',
    path: '/nodes/{node}/lxc/{vmid}/rrddata',
    permission: { path: '/vms/{vmid}', anyOf: ['VM.Audit'] },
    parameters: { node: NODE, vmid: VMID, ...FRAME },
    handle: (node, call) => {
      node.guests.containers.store.get(call.parameters.vmid);
      return node.rrd.rows(`lxc/${call.parameters.vmid}`, timeFrame(call));
    },
  }),
];

function timeFrame({ parameters: { timeframe, cf } }: Call): TimeFrame {
  if (cf === 'MAX')
    throw new ApiError(501, "consolidation function 'MAX' is not implemented by the local node");
  if (timeframe === 'hour' || timeframe === 'day') return timeframe;
  throw new ApiError(501, `time frame '${timeframe}' is not implemented by the local node`);
}
