import { ApiError, badParameters } from '../../base/api-error';
import { parametersOf } from '../../formats/call-parameters';
import { OPTION_PARAMETERS } from '../../formats/guest-options';
import { drivesOf, type OptionValues } from '../../formats/option-values';
import { FLAG, GUEST, LINES, SNAPSHOT_NAME, STORAGE_ID, TEXT, VMID } from '../../formats/parameter-types';
import type { LocalNode } from '../../node';
import { mayAllocate, optionsOf } from '../guest-options';
import { type CallOf, type Route, route } from '../route';
import { machineSnapshotRoutes } from './guest-snapshots';
import { qemuConfigRoutes } from './qemu-config';

/** As Proxmox VE lists them to everybody, whatever of it this node has. */
const DIRECTORIES = [
  ...[
    'config',
    'cloudinit',
    'pending',
    'status',
    'unlink',
    'vncproxy',
    'termproxy',
    'migrate',
    'resize',
    'move',
  ],
  ...['rrd', 'rrddata', 'monitor', 'agent', 'snapshot', 'spiceproxy', 'sendkey', 'firewall', 'mtunnel'],
  'remote_migrate',
];

async function restore(
  node: LocalNode,
  { caller, parameters }: CallOf<typeof CREATION>,
  archive: string,
  options: OptionValues,
): Promise<string> {
  const [drive] = drivesOf(options);
  if (drive) throw badParameters({ [drive.slot]: "option conflicts with option 'archive'" });
  const { vmid, storage, unique, force, start, pool } = parameters;
  if (/^[\w.-]+:/.test(archive)) node.guests.volumeAccess.checkBackup(caller, vmid, archive);
  node.guests.optionAccess.checkNew(caller, vmid, options, pool);
  const worker = await node.restores.machine(vmid, {
    ...{ archive, storage, pool, options },
    ...{ unique: unique === true, force: force === true, start: start === true },
  });
  return node.tasks.run('qmrestore', String(vmid), caller, worker);
}

function create(node: LocalNode, call: CallOf<typeof CREATION>): string | Promise<string> {
  const { vmid, pool, start, archive, storage } = call.parameters;
  if (storage !== undefined) node.guests.volumeAccess.checkAllocate(call.caller, storage);
  if (start === true) node.access.check(call.caller, `/vms/${vmid}`, ['VM.PowerMgmt']);
  if (!mayAllocate(node, call, vmid)) throw new ApiError(403, 'Permission check failed');
  const options = optionsOf(call.parameters);
  if (archive !== undefined) return restore(node, call, archive, options);
  node.guests.optionAccess.checkNew(call.caller, vmid, options, pool);
  node.guests.volumeAccess.checkOptions(call.caller, vmid, options);
  const worker = node.guests.creation.create(vmid, options, {
    start: start === true,
    pool,
  });
  return node.tasks.run('qmcreate', String(vmid), call.caller, worker);
}

function clone(node: LocalNode, call: CallOf<typeof CLONE>): string {
  const { vmid, newid, full, name, description, storage, format, pool, target, snapname } = call.parameters;
  if (!mayAllocate(node, call, newid)) throw new ApiError(403, 'Permission check failed');
  if (target !== undefined && !call.nodes.has(target))
    throw new ApiError(500, `no such cluster node '${target}'`);
  for (const id of node.guests.cloning.storagesOfClone(vmid, storage)) {
    node.guests.volumeAccess.checkAllocate(call.caller, id);
  }
  const source = node.guests.store.find(vmid);
  if (source) node.guests.optionAccess.checkBridges(call.caller, source.values);
  const worker = node.guests.cloning.clone(vmid, {
    newVmid: newid,
    ...{ full, name, description, storage, format, pool, snapshot: snapname },
  });
  return node.tasks.run('qmclone', String(vmid), call.caller, worker);
}

const CREATION = {
  ...OPTION_PARAMETERS,
  ...GUEST,
  pool: TEXT,
  start: FLAG,
  archive: { ...TEXT, maxLength: 255 },
  storage: { ...STORAGE_ID, optional: true },
  unique: FLAG,
  force: FLAG,
} as const;

const CLONE = {
  ...GUEST,
  newid: VMID,
  full: FLAG,
  name: TEXT,
  description: LINES,
  storage: { ...STORAGE_ID, optional: true },
  format: { type: 'string', optional: true, enum: ['raw', 'qcow2'] },
  pool: TEXT,
  target: TEXT,
  snapname: SNAPSHOT_NAME,
} as const;

/** Guests: list, create, clone, remove. */
const guestRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/nodes/{node}/qemu',
    permission: 'self',
    shared: true,
    parameters: parametersOf('GET /nodes/{node}/qemu', 'full'),
    handle: async (node, { caller, parameters }) => {
      const rows = await node.guests.figures.list(parameters.full === true);
      return rows.filter(({ vmid }) => node.access.has(caller, `/vms/${vmid}`, ['VM.Audit']));
    },
  }),
  route({
    method: 'POST',
    path: '/nodes/{node}/qemu',
    permission: 'self',
    parameters: CREATION,
    handle: create,
  }),
  route({
    method: 'GET',
    path: '/nodes/{node}/qemu/{vmid}',
    permission: 'authenticated',
    parameters: parametersOf('GET /nodes/{node}/qemu/{vmid}'),
    handle: () => DIRECTORIES.map((subdir) => ({ subdir })),
  }),
  route({
    method: 'DELETE',
    path: '/nodes/{node}/qemu/{vmid}',
    permission: { path: '/vms/{vmid}', anyOf: ['VM.Allocate'] },
    parameters: parametersOf(
      'DELETE /nodes/{node}/qemu/{vmid}',
      'purge',
      'destroy-unreferenced-disks',
      'skiplock',
    ),
    handle: (node, { caller, parameters }) => {
      const vmid = parameters.vmid;
      const worker = node.guests.creation.destroy(vmid, {
        skipLock: parameters.skiplock === true,
        unreferencedDisks: parameters['destroy-unreferenced-disks'] === true,
      });
      return node.tasks.run('qmdestroy', String(vmid), caller, async (task) => {
        await worker(task);
        if (parameters.purge === true) await node.backupJobs.forget(vmid);
      });
    },
  }),
  route({
    method: 'POST',
    path: '/nodes/{node}/qemu/{vmid}/clone',
    permission: { path: '/vms/{vmid}', anyOf: ['VM.Clone'] },
    parameters: CLONE,
    handle: clone,
  }),
  route({
    method: 'POST',
    path: '/nodes/{node}/qemu/{vmid}/template',
    permission: { path: '/vms/{vmid}', anyOf: ['VM.Allocate'] },
    parameters: parametersOf('POST /nodes/{node}/qemu/{vmid}/template'),
    handle: (node, { caller, parameters: { vmid } }) =>
      node.tasks.run('qmtemplate', String(vmid), caller, node.guests.cloning.template(vmid)),
  }),
];

export const qemuRoutes: readonly Route[] = [...guestRoutes, ...qemuConfigRoutes, ...machineSnapshotRoutes];
