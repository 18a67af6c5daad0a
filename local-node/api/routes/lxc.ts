import { ApiError } from '../../base/api-error';
import { parametersOf } from '../../formats/call-parameters';
import { CONTAINER_OPTIONS, REFUSED_CONTAINER_OPTIONS } from '../../formats/container-options';
import { dnsName } from '../../formats/option-formats';
import type { OptionValues } from '../../formats/option-values';
import { FLAG, GUEST, LINES, SNAPSHOT_NAME, STORAGE_ID, TEXT, VMID } from '../../formats/parameter-types';
import { rootOf } from '../../guests/containers/container-spec';
import type { LocalNode } from '../../node';
import { mayAllocate } from '../guest-options';
import { type CallOf, type Route, route } from '../route';
import { containerSnapshotRoutes } from './guest-snapshots';
import { lxcConfigRoutes } from './lxc-config';
import { containerOptions } from './lxc-options';
import { lxcStatusRoutes } from './lxc-status';

const ALLOCATE = { path: '/vms/{vmid}', anyOf: ['VM.Allocate'] };

/** As Proxmox VE lists them to everybody, whatever of it this node has. */
const DIRECTORIES = [
  ...[
    'config',
    'pending',
    'status',
    'vncproxy',
    'termproxy',
    'vncwebsocket',
    'spiceproxy',
    'migrate',
    'clone',
  ],
  ...['rrd', 'rrddata', 'firewall', 'snapshot', 'resize', 'interfaces'],
];

const CREATION = {
  ...CONTAINER_OPTIONS,
  ...REFUSED_CONTAINER_OPTIONS,
  ...GUEST,
  ostemplate: { type: 'string', maxLength: 255 },
  storage: { ...STORAGE_ID, optional: true },
  pool: TEXT,
  start: FLAG,
  force: FLAG,
  restore: FLAG,
  unique: { ...FLAG, requires: 'restore' },
  'ignore-unpack-errors': FLAG,
  password: { type: 'string', optional: true, minLength: 5 },
  'ssh-public-keys': { ...TEXT, controls: 'lines' },
} as const;

const CLONE = {
  ...GUEST,
  newid: VMID,
  full: FLAG,
  hostname: { ...TEXT, format: dnsName },
  description: LINES,
  storage: { ...STORAGE_ID, optional: true },
  pool: TEXT,
  target: TEXT,
  snapname: SNAPSHOT_NAME,
} as const;

function restore(node: LocalNode, call: CallOf<typeof CREATION>, options: OptionValues): string {
  const { vmid, storage, unique, force, start, pool, ostemplate: archive } = call.parameters;
  if (storage !== undefined) node.guests.volumeAccess.checkAllocate(call.caller, storage);
  if (/^[\w.-]+:/.test(archive)) node.guests.volumeAccess.checkBackup(call.caller, vmid, archive);
  const worker = node.restores.container(vmid, {
    ...{ archive, storage, pool, options },
    ...{ unique: unique === true, force: force === true, start: start === true },
  });
  return node.tasks.run('vzrestore', String(vmid), call.caller, worker);
}

function create(node: LocalNode, call: CallOf<typeof CREATION>): string {
  const { caller, parameters } = call;
  const { vmid, pool, start, ostemplate, storage = 'local', password } = parameters;
  const { containers, volumeAccess, containerAccess } = node.guests;
  if (start === true) node.access.check(caller, `/vms/${vmid}`, ['VM.PowerMgmt']);
  if (!mayAllocate(node, call, vmid)) throw new ApiError(403, 'Permission check failed');
  if (parameters.restore !== true) containers.creation.requireVacant(vmid);
  const options = containerOptions(parameters);
  const paths = [...(pool === undefined ? [] : [`/pool/${pool}`]), `/vms/${vmid}`];
  const checked = [...options.keys()].filter((name) => name !== 'rootfs');
  containerAccess.check(caller, paths, checked, new Map(), options);
  if (parameters.restore === true) return restore(node, call, options);
  const rootStorage = /^([\w.-]+):/.exec(rootOf(options)?.volume ?? '')?.[1] ?? storage;
  volumeAccess.checkAllocate(caller, rootStorage);
  if (/^[\w.-]+:/.test(ostemplate)) volumeAccess.checkRead(caller, ostemplate);
  const worker = containers.creation.create(vmid, options, {
    ...{ ostemplate, storage, pool, password, start: start === true, sshKeys: parameters['ssh-public-keys'] },
  });
  return node.tasks.run('vzcreate', String(vmid), caller, worker);
}

function clone(node: LocalNode, call: CallOf<typeof CLONE>): string {
  const { vmid, newid, full, hostname, description, storage, pool, target, snapname } = call.parameters;
  const { containers, volumeAccess, containerAccess } = node.guests;
  if (!mayAllocate(node, call, newid)) throw new ApiError(403, 'Permission check failed');
  if (target !== undefined && !call.nodes.has(target))
    throw new ApiError(500, `no such cluster node '${target}'`);
  const place = containers.cloning.storageOfClone(vmid, storage);
  if (place !== undefined) volumeAccess.checkAllocate(call.caller, place);
  for (const [name, value] of containers.store.find(vmid)?.values ?? [])
    containerAccess.checkBridge(call.caller, name, String(value));
  const worker = containers.cloning.clone(vmid, {
    newVmid: newid,
    full,
    hostname,
    description,
    storage,
    pool,
    snapshot: snapname,
  });
  return node.tasks.run('vzclone', String(vmid), call.caller, worker);
}

/** Containers: list, create, clone, remove. */
const containerRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/nodes/{node}/lxc',
    permission: 'self',
    shared: true,
    parameters: parametersOf('GET /nodes/{node}/lxc'),
    handle: async (node, { caller }) => {
      const rows = await node.guests.containers.figures.list();
      return rows.filter(({ vmid }) => node.access.has(caller, `/vms/${vmid}`, ['VM.Audit']));
    },
  }),
  route({
    method: 'POST',
    path: '/nodes/{node}/lxc',
    permission: 'self',
    parameters: CREATION,
    handle: create,
  }),
  route({
    method: 'GET',
    path: '/nodes/{node}/lxc/{vmid}',
    permission: 'authenticated',
    parameters: parametersOf('GET /nodes/{node}/lxc/{vmid}'),
    handle: () => DIRECTORIES.map((subdir) => ({ subdir })),
  }),
  route({
    method: 'DELETE',
    path: '/nodes/{node}/lxc/{vmid}',
    permission: ALLOCATE,
    parameters: parametersOf(
      'DELETE /nodes/{node}/lxc/{vmid}',
      'purge',
      'destroy-unreferenced-disks',
      'force',
    ),
    handle: (node, { caller, parameters: { vmid, purge, force } }) => {
      const options = { force: force === true, purge: purge === true };
      const worker = node.guests.containers.creation.destroy(vmid, options);
      return node.tasks.run('vzdestroy', String(vmid), caller, async (task) => {
        await worker(task);
        if (purge === true) await node.backupJobs.forget(vmid);
      });
    },
  }),
  route({
    method: 'POST',
    path: '/nodes/{node}/lxc/{vmid}/clone',
    permission: { path: '/vms/{vmid}', anyOf: ['VM.Clone'] },
    parameters: CLONE,
    handle: clone,
  }),
  route({
    method: 'POST',
    path: '/nodes/{node}/lxc/{vmid}/template',
    permission: ALLOCATE,
    parameters: parametersOf('POST /nodes/{node}/lxc/{vmid}/template'),
    handle: (node, { parameters: { vmid } }) => node.guests.containers.cloning.template(vmid),
  }),
];

export const lxcRoutes: readonly Route[] = [
  ...containerRoutes,
  ...lxcConfigRoutes,
  ...lxcStatusRoutes,
  ...containerSnapshotRoutes,
];
