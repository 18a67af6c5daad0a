import { ApiError } from '../../base/api-error';
import { parametersOf } from '../../formats/call-parameters';
import { type Route, route } from '../route';

const POWER = { path: '/vms/{vmid}', anyOf: ['VM.PowerMgmt'] };
const AUDIT = { path: '/vms/{vmid}', anyOf: ['VM.Audit'] };

const STATES = ['current', 'start', 'stop', 'shutdown', 'reboot', 'migrate'];

/** Whether a container runs, what it spends, and changing it. */
export const lxcStatusRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/nodes/{node}/lxc/{vmid}/status',
    permission: 'authenticated',
    parameters: parametersOf('GET /nodes/{node}/lxc/{vmid}/status'),
    handle: () => STATES.map((subdir) => ({ subdir })),
  }),
  route({
    method: 'GET',
    path: '/nodes/{node}/lxc/{vmid}/status/current',
    permission: AUDIT,
    parameters: parametersOf('GET /nodes/{node}/lxc/{vmid}/status/current'),
    handle: async (node, { parameters }) => ({
      ...(await node.guests.containers.figures.status(parameters.vmid)),
      ha: { managed: 0 },
    }),
  }),
  route({
    method: 'GET',
    path: '/nodes/{node}/lxc/{vmid}/interfaces',
    permission: AUDIT,
    parameters: parametersOf('GET /nodes/{node}/lxc/{vmid}/interfaces'),
    handle: (node, { parameters }) => node.guests.containers.figures.interfaces(parameters.vmid),
  }),
  route({
    method: 'POST',
    path: '/nodes/{node}/lxc/{vmid}/status/start',
    permission: POWER,
    parameters: parametersOf('POST /nodes/{node}/lxc/{vmid}/status/start', 'skiplock', 'debug'),
    handle: (node, { caller, parameters: { vmid, skiplock } }) => {
      const { power, engine } = node.guests.containers;
      if (engine.isRunning(vmid)) throw new ApiError(500, `CT ${vmid} already running`);
      return node.tasks.run('vzstart', String(vmid), caller, ({ warn }) =>
        power.start(vmid, skiplock === true, warn),
      );
    },
  }),
  route({
    method: 'POST',
    path: '/nodes/{node}/lxc/{vmid}/status/stop',
    permission: POWER,
    parameters: parametersOf('POST /nodes/{node}/lxc/{vmid}/status/stop', 'skiplock', 'overrule-shutdown'),
    handle: (node, { caller, parameters: { vmid } }) => {
      const { power } = node.guests.containers;
      power.requireRunning(vmid);
      return node.tasks.run('vzstop', String(vmid), caller, () => power.stop(vmid));
    },
  }),
  route({
    method: 'POST',
    path: '/nodes/{node}/lxc/{vmid}/status/shutdown',
    permission: POWER,
    parameters: parametersOf('POST /nodes/{node}/lxc/{vmid}/status/shutdown', 'timeout', 'forceStop'),
    handle: (node, { caller, parameters: { vmid, timeout, forceStop } }) => {
      const { power } = node.guests.containers;
      power.requireRunning(vmid);
      const options = { force: forceStop === true, timeoutSeconds: timeout };
      return node.tasks.run('vzshutdown', String(vmid), caller, () => power.shutdown(vmid, options));
    },
  }),
  route({
    method: 'POST',
    path: '/nodes/{node}/lxc/{vmid}/status/reboot',
    permission: POWER,
    parameters: parametersOf('POST /nodes/{node}/lxc/{vmid}/status/reboot', 'timeout'),
    handle: (node, { caller, parameters: { vmid, timeout } }) => {
      const { power } = node.guests.containers;
      power.requireRunning(vmid, 'VM'); // sic
      return node.tasks.run('vzreboot', String(vmid), caller, ({ warn }) =>
        power.reboot(vmid, timeout, warn),
      );
    },
  }),
];
