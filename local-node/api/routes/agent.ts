import { parametersOf } from '../../formats/call-parameters';
import { GUEST } from '../../formats/parameter-types';
import { type Route, route } from '../route';

const AUDIT = ['VM.GuestAgent.Audit', 'VM.GuestAgent.Unrestricted'];
/** Commands that Proxmox VE lists too and that answer 501 here. */
const NOT_HERE = ['shutdown', 'suspend-disk', 'suspend-hybrid', 'suspend-ram'];
const FILE_SYSTEMS = ['VM.GuestAgent.FileSystemMgmt', 'VM.GuestAgent.Unrestricted'];
const READ = ['VM.GuestAgent.FileRead', 'VM.GuestAgent.Unrestricted'];
const WRITE = ['VM.GuestAgent.FileWrite', 'VM.GuestAgent.Unrestricted'];
const ALL = ['VM.GuestAgent.Unrestricted'];

/** Commands that take no parameters: method, name, privileges. */
const PLAIN = [
  ['POST', 'ping', AUDIT],
  ['GET', 'info', AUDIT],
  ['GET', 'get-fsinfo', AUDIT],
  ['GET', 'get-host-name', AUDIT],
  ['GET', 'get-memory-block-info', AUDIT],
  ['GET', 'get-memory-blocks', AUDIT],
  ['GET', 'get-osinfo', AUDIT],
  ['GET', 'get-time', AUDIT],
  ['GET', 'get-timezone', AUDIT],
  ['GET', 'get-users', AUDIT],
  ['GET', 'get-vcpus', AUDIT],
  ['GET', 'network-get-interfaces', AUDIT],
  ['POST', 'fsfreeze-freeze', FILE_SYSTEMS],
  ['POST', 'fsfreeze-status', [...FILE_SYSTEMS, 'VM.GuestAgent.Audit']],
  ['POST', 'fsfreeze-thaw', FILE_SYSTEMS],
  ['POST', 'fstrim', FILE_SYSTEMS],
] as const;

const WITH_PARAMETERS = ['exec', 'exec-status', 'file-read', 'file-write', 'set-user-password'];

function plainRoute([method, name, anyOf]: (typeof PLAIN)[number]): Route {
  return route({
    method,
    path: `/nodes/{node}/qemu/{vmid}/agent/${name}`,
    permission: { path: '/vms/{vmid}', anyOf },
    parameters: GUEST,
    handle: async (node, { parameters }) => ({
      result: await node.guests.agent.command(parameters.vmid, `guest-${name}`),
    }),
  });
}

/** The guest agent: it reaches a guest without any network path to it. */
export const agentRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/nodes/{node}/qemu/{vmid}/agent',
    permission: 'authenticated',
    parameters: parametersOf('GET /nodes/{node}/qemu/{vmid}/agent'),
    handle: () =>
      [...PLAIN.map(([, name]) => name), ...WITH_PARAMETERS, ...NOT_HERE].sort().map((name) => ({ name })),
  }),
  ...PLAIN.map(plainRoute),
  route({
    method: 'POST',
    path: '/nodes/{node}/qemu/{vmid}/agent/exec',
    permission: { path: '/vms/{vmid}', anyOf: ALL },
    parameters: {
      ...parametersOf('POST /nodes/{node}/qemu/{vmid}/agent/exec'),
      command: { type: 'array', items: { type: 'string', controls: 'any' } },
      'input-data': { type: 'string', optional: true, maxLength: 65536, controls: 'any' },
    },
    handle: (node, { parameters }) => {
      const { vmid, command, 'input-data': input } = parameters;
      return node.guests.agent.exec(vmid, command, input);
    },
  }),
  route({
    method: 'GET',
    path: '/nodes/{node}/qemu/{vmid}/agent/exec-status',
    permission: { path: '/vms/{vmid}', anyOf: ALL },
    parameters: parametersOf('GET /nodes/{node}/qemu/{vmid}/agent/exec-status', 'pid'),
    handle: (node, { parameters }) => node.guests.agent.execStatus(parameters.vmid, parameters.pid),
  }),
  route({
    method: 'GET',
    path: '/nodes/{node}/qemu/{vmid}/agent/file-read',
    permission: { path: '/vms/{vmid}', anyOf: READ },
    parameters: parametersOf('GET /nodes/{node}/qemu/{vmid}/agent/file-read', 'file'),
    handle: (node, { parameters }) => node.guests.agent.readFile(parameters.vmid, parameters.file),
  }),
  route({
    method: 'POST',
    path: '/nodes/{node}/qemu/{vmid}/agent/file-write',
    permission: { path: '/vms/{vmid}', anyOf: WRITE },
    parameters: {
      ...parametersOf('POST /nodes/{node}/qemu/{vmid}/agent/file-write', 'file', 'encode'),
      content: { type: 'string', maxLength: 61440, controls: 'any' },
    },
    handle: (node, { parameters }) =>
      node.guests.agent.writeFile(
        parameters.vmid,
        parameters.file,
        parameters.content,
        parameters.encode === false,
      ),
  }),
  route({
    method: 'POST',
    path: '/nodes/{node}/qemu/{vmid}/agent/set-user-password',
    permission: { path: '/vms/{vmid}', anyOf: ALL },
    parameters: parametersOf(
      'POST /nodes/{node}/qemu/{vmid}/agent/set-user-password',
      'username',
      'password',
      'crypted',
    ),
    handle: async (node, { parameters }) => ({
      result: await node.guests.agent.command(parameters.vmid, 'guest-set-user-password', {
        username: parameters.username,
        password: Buffer.from(parameters.password, 'utf8').toString('base64'),
        crypted: parameters.crypted === true,
      }),
    }),
  }),
];
