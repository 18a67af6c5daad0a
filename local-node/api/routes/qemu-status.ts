import { ApiError } from '../../base/api-error';
import { parametersOf } from '../../formats/call-parameters';
import { type Route, route } from '../route';

const POWER = { path: '/vms/{vmid}', anyOf: ['VM.PowerMgmt'] };
const AUDIT = { path: '/vms/{vmid}', anyOf: ['VM.Audit'] };

const STATES = ['current', 'start', 'stop', 'reset', 'shutdown', 'suspend', 'reboot'];

/** Whether a guest runs, what it spends, and changing it. */
export const qemuStatusRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/nodes/{node}/qemu/{vmid}/status',
    permission: 'authenticated',
    parameters: parametersOf('GET /nodes/{node}/qemu/{vmid}/status'),
    handle: () => STATES.map((subdir) => ({ subdir })),
  }),
  route({
    method: 'GET',
    path: '/nodes/{node}/qemu/{vmid}/status/current',
    permission: AUDIT,
    parameters: parametersOf('GET /nodes/{node}/qemu/{vmid}/status/current'),
    handle: async (node, { parameters }) => ({
      ...(await node.guests.figures.status(parameters.vmid)),
      ha: { managed: 0 },
    }),
  }),
  route({
    method: 'POST',
    path: '/nodes/{node}/qemu/{vmid}/status/start',
    permission: POWER,
    parameters: parametersOf(
      'POST /nodes/{node}/qemu/{vmid}/status/start',
      'timeout',
      'skiplock',
      'force-cpu',
      'machine',
    ),
    handle: (node, { caller, parameters }) => {
      const { vmid, skiplock } = parameters;
      return node.tasks.run('qmstart', String(vmid), caller, ({ log }) =>
        node.guests.power.start(vmid, log, skiplock === true),
      );
    },
  }),
  route({
    method: 'POST',
    path: '/nodes/{node}/qemu/{vmid}/status/stop',
    permission: POWER,
    parameters: parametersOf(
      'POST /nodes/{node}/qemu/{vmid}/status/stop',
      'timeout',
      'skiplock',
      'keepActive',
      'overrule-shutdown',
    ),
    handle: (node, { caller, parameters }) => {
      const vmid = parameters.vmid;
      return node.tasks.run('qmstop', String(vmid), caller, () => node.guests.power.stop(vmid));
    },
  }),
  route({
    method: 'POST',
    path: '/nodes/{node}/qemu/{vmid}/status/shutdown',
    permission: POWER,
    parameters: parametersOf(
      'POST /nodes/{node}/qemu/{vmid}/status/shutdown',
      'timeout',
      'forceStop',
      'skiplock',
      'keepActive',
    ),
    handle: (node, { caller, parameters }) => {
      const vmid = parameters.vmid;
      const options = {
        force: parameters.forceStop === true,
        timeoutSeconds: parameters.timeout,
      };
      return node.tasks.run('qmshutdown', String(vmid), caller, ({ log }) =>
        node.guests.power.shutdown(vmid, options, log),
      );
    },
  }),
  route({
    method: 'POST',
    path: '/nodes/{node}/qemu/{vmid}/status/reboot',
    permission: POWER,
    parameters: parametersOf('POST /nodes/{node}/qemu/{vmid}/status/reboot', 'timeout'),
    handle: (node, { caller, parameters }) => {
      const vmid = parameters.vmid;
      node.guests.store.get(vmid);
      if (!node.engine.isRunning(vmid)) throw new ApiError(500, `VM ${vmid} not running`);
      const timeout = parameters.timeout === undefined ? undefined : parameters.timeout;
      return node.tasks.run('qmreboot', String(vmid), caller, ({ log }) =>
        node.guests.power.reboot(vmid, timeout, log),
      );
    },
  }),
  route({
    method: 'POST',
    path: '/nodes/{node}/qemu/{vmid}/status/reset',
    permission: POWER,
    parameters: parametersOf('POST /nodes/{node}/qemu/{vmid}/status/reset', 'skiplock'),
    handle: (node, { caller, parameters }) => {
      const vmid = parameters.vmid;
      return node.tasks.run('qmreset', String(vmid), caller, () => node.guests.power.reset(vmid));
    },
  }),
];
