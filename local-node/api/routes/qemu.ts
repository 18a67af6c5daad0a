import { ApiError } from '../../base/api-error';
import type { DiskFormat } from '../../engine/guest-engine';
import { OPTION_PARAMETERS } from '../../formats/guest-options';
import { NODE, STORAGE_ID, VMID } from '../../formats/parameter-types';
import type { ParameterSchema } from '../../formats/schema';
import type { LocalNode } from '../../node';
import type { Call, Route } from '../route';
import { qemuConfigRoutes } from './qemu-config';
import { optionsOf } from './qemu-options';

const FLAG: ParameterSchema = { type: 'boolean', optional: true };
const TEXT: ParameterSchema = { type: 'string', optional: true };
const GUEST = { node: NODE, vmid: VMID };

const DIRECTORIES = ['config', 'cloudinit', 'pending', 'status', 'resize', 'move', 'agent', 'snapshot'];

function mayAllocate(node: LocalNode, { caller, parameters }: Call, vmid: unknown): boolean {
  if (node.access.has(caller, `/vms/${vmid}`, ['VM.Allocate'])) return true;
  return (
    parameters.pool !== undefined && node.access.has(caller, `/pool/${parameters.pool}`, ['VM.Allocate'])
  );
}

function create(node: LocalNode, call: Call): string {
  const { vmid, pool, start, archive } = call.parameters;
  if (!mayAllocate(node, call, vmid)) throw new ApiError(403, 'Permission check failed');
  if (archive !== undefined) throw new ApiError(501, 'restoring a backup is not supported by the local node');
  const worker = node.guests.creation.create(Number(vmid), optionsOf(call.parameters), {
    start: start === true,
    ...(pool === undefined ? {} : { pool: String(pool) }),
  });
  return node.tasks.run('qmcreate', String(vmid), call.caller, worker);
}

function clone(node: LocalNode, call: Call): string {
  const { vmid, newid, full, name, description, storage, format, pool, target, snapname } = call.parameters;
  if (!mayAllocate(node, call, newid)) throw new ApiError(403, 'Permission check failed');
  if (target !== undefined && target !== node.name)
    throw new ApiError(500, `no such cluster node '${target}'`);
  if (snapname !== undefined) throw new ApiError(501, 'snapshots are not supported by the local node');
  const worker = node.guests.creation.clone(Number(vmid), {
    newVmid: Number(newid),
    ...(full === undefined ? {} : { full: full === true }),
    ...(name === undefined ? {} : { name: String(name) }),
    ...(description === undefined ? {} : { description: String(description) }),
    ...(storage === undefined ? {} : { storage: String(storage) }),
    ...(format === undefined ? {} : { format: format as DiskFormat }),
    ...(pool === undefined ? {} : { pool: String(pool) }),
  });
  return node.tasks.run('qmclone', String(vmid), call.caller, worker);
}

/** Guests: list, create, clone, remove. */
const guestRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/nodes/{node}/qemu',
    permission: 'self',
    parameters: { node: NODE, full: FLAG },
    handle: async (node, { caller, parameters }) => {
      const rows = await node.guests.list(parameters.full === true);
      return rows.filter(({ vmid }) => node.access.has(caller, `/vms/${vmid}`, ['VM.Audit']));
    },
  },
  {
    method: 'POST',
    path: '/nodes/{node}/qemu',
    permission: 'self',
    parameters: {
      ...OPTION_PARAMETERS,
      ...GUEST,
      pool: TEXT,
      start: FLAG,
      archive: TEXT,
      unique: FLAG,
      force: FLAG,
    },
    handle: create,
  },
  {
    method: 'GET',
    path: '/nodes/{node}/qemu/{vmid}',
    permission: 'authenticated',
    parameters: GUEST,
    handle: () => DIRECTORIES.map((subdir) => ({ subdir })),
  },
  {
    method: 'DELETE',
    path: '/nodes/{node}/qemu/{vmid}',
    permission: { path: '/vms/{vmid}', anyOf: ['VM.Allocate'] },
    parameters: { ...GUEST, purge: FLAG, 'destroy-unreferenced-disks': FLAG, skiplock: FLAG },
    handle: (node, { caller, parameters }) => {
      const vmid = Number(parameters.vmid);
      const worker = node.guests.creation.destroy(vmid, {
        skipLock: parameters.skiplock === true,
        unreferencedDisks: parameters['destroy-unreferenced-disks'] === true,
      });
      return node.tasks.run('qmdestroy', String(vmid), caller, worker);
    },
  },
  {
    method: 'POST',
    path: '/nodes/{node}/qemu/{vmid}/clone',
    permission: { path: '/vms/{vmid}', anyOf: ['VM.Clone'] },
    parameters: {
      ...GUEST,
      newid: VMID,
      full: FLAG,
      name: TEXT,
      description: TEXT,
      storage: { ...STORAGE_ID, optional: true },
      format: { type: 'string', optional: true, enum: ['raw', 'qcow2'] },
      pool: TEXT,
      target: TEXT,
      snapname: TEXT,
    },
    handle: clone,
  },
  {
    method: 'POST',
    path: '/nodes/{node}/qemu/{vmid}/template',
    permission: { path: '/vms/{vmid}', anyOf: ['VM.Allocate'] },
    parameters: GUEST,
    handle: (node, { caller, parameters }) =>
      node.tasks.run(
        'qmtemplate',
        String(parameters.vmid),
        caller,
        node.guests.creation.template(Number(parameters.vmid)),
      ),
  },
  {
    method: 'GET',
    path: '/nodes/{node}/qemu/{vmid}/snapshot',
    permission: { path: '/vms/{vmid}', anyOf: ['VM.Audit'] },
    parameters: GUEST,
    handle: (node, { parameters }) => {
      const vmid = Number(parameters.vmid);
      const { digest } = node.guests.changes.shown(vmid, true);
      const running = node.engine.isRunning(vmid) ? 1 : 0;
      return [{ name: 'current', description: 'You are here!', digest, running }];
    },
  },
];

export const qemuRoutes: readonly Route[] = [...guestRoutes, ...qemuConfigRoutes];
