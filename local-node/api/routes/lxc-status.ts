import { ApiError } from '../../base/api-error';
import { FLAG, GUEST } from '../../formats/parameter-types';
import type { ParameterSchema } from '../../formats/schema';
import { type Route, route } from '../route';

const TIMEOUT = { type: 'integer', optional: true, minimum: 0 } as const satisfies ParameterSchema;
const POWER = { path: '/vms/{vmid}', anyOf: ['VM.PowerMgmt'] };
const AUDIT = { path: '/vms/{vmid}', anyOf: ['VM.Audit'] };

const STATES = ['current', 'start', 'stop', 'shutdown', 'reboot', 'migrate'];

/** Whether a container runs, what it spends, and changing it. */
export const lxcStatusRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/nodes/{node}/lxc/{vmid}/status',
    permission: 'authenticated',
    parameters: GUEST,
    handle: () => STATES.map((subdir) => ({ subdir })),
  }),
  route({
    method: 'GET',
    path: '/nodes/{node}/lxc/{vmid}/status/current',
    permission: AUDIT,
    parameters: GUEST,
    handle: async (node, { parameters }) => ({
      ...(await node.guests.containers.figures.status(parameters.vmid)),
      ha: { managed: 0 },
    }),
  }),
  route({
    method: 'GET',
    path: '/nodes/{node}/lxc/{vmid}/interfaces',
    permission: AUDIT,
    parameters: GUEST,
    handle: (node, { parameters }) => node.guests.containers.figures.interfaces(parameters.vmid),
  }),
  route({
    method: 'POST',
    path: '/nodes/{node}/lxc/{vmid}/status/start',
    permission: POWER,
    parameters: { ...GUEST, skiplock: FLAG, debug: FLAG },
    handle: (node, { caller, parameters: { vmid, skiplock } }) => {
      const { power, engine } = node.guests.containers;
      if (engine.isRunning(vmid)) throw new ApiError(500, `CT ${vmid} already running`);
      return node.tasks.run('vzstart', String(vmid), caller, () => power.start(vmid, skiplock === true));
    },
  }),
  route({
    method: 'POST',
    path: '/nodes/{node}/lxc/{vmid}/status/stop',
    permission: POWER,
    parameters: { ...GUEST, skiplock: FLAG, 'overrule-shutdown': FLAG },
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
    parameters: { ...GUEST, timeout: TIMEOUT, forceStop: FLAG },
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
    parameters: { ...GUEST, timeout: TIMEOUT },
    handle: (node, { caller, parameters: { vmid, timeout } }) => {
      const { power } = node.guests.containers;
      power.requireRunning(vmid, 'VM'); // sic
      return node.tasks.run('vzreboot', String(vmid), caller, () => power.reboot(vmid, timeout));
    },
  }),
];
