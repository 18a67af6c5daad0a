import { ApiError } from '../../base/api-error';
import { RETENTION } from '../../formats/backup-parameters';
import { LINES, NODE, STORAGE_ID, VMID } from '../../formats/parameter-types';
import type { PropertyValues } from '../../formats/schema';
import type { LocalNode } from '../../node';
import { type CallOf, type Route, route } from '../route';

const PRUNING = {
  node: NODE,
  storage: STORAGE_ID,
  'prune-backups': RETENTION,
  type: { type: 'string', optional: true, enum: ['qemu', 'lxc'] },
  vmid: { ...VMID, optional: true },
} as const;

const CHANGE = {
  node: NODE,
  storage: STORAGE_ID,
  volume: { type: 'string' },
  notes: LINES,
  protected: { type: 'boolean', optional: true },
} as const;

/** Of the storage none is kept, so that it must come with the call. */
function retentionOf({ parameters }: CallOf<typeof PRUNING>): PropertyValues {
  const retention = parameters['prune-backups'];
  if (retention === undefined) {
    const { storage } = parameters;
    throw new ApiError(500, `no prune-backups options configured for storage '${storage}'\n`);
  }
  return retention;
}

function prune(node: LocalNode, call: CallOf<typeof PRUNING>): string {
  const { storage: id, vmid, type } = call.parameters;
  const path = `/storage/${id}`;
  if (!node.access.has(call.caller, path, ['Datastore.Allocate'])) {
    node.access.check(call.caller, path, ['Datastore.AllocateSpace']);
    if (vmid === undefined) throw new ApiError(403, 'Permission check failed');
    node.access.check(call.caller, `/vms/${vmid}`, ['VM.Backup']);
  }
  const retention = retentionOf(call);
  const storage = node.storage.get(id);
  return node.tasks.run(
    'prunebackups',
    vmid === undefined ? id : `${vmid}@${id}`,
    call.caller,
    async ({ log }) => {
      await node.storage.backups.prune(storage, retention, { vmid, type }, log);
    },
  );
}

async function change(node: LocalNode, { caller, parameters }: CallOf<typeof CHANGE>): Promise<void> {
  const volume = node.storage.volume(parameters.volume, parameters.storage);
  node.guests.volumeAccess.checkRemove(caller, volume);
  if (volume.content !== 'backup')
    throw new ApiError(500, `attribute change is not supported for '${volume.volid}'`);
  if (!node.storage.backups.describe(volume))
    throw new ApiError(500, `volume '${volume.volid}' does not exist`);
  const { notes } = parameters;
  if (notes !== undefined) await node.storage.backups.setNotes(volume, notes);
  if (parameters.protected !== undefined)
    await node.storage.backups.setProtected(volume, parameters.protected);
}

/** What is done to backups that exist. */
export const storageBackupRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/nodes/{node}/storage/{storage}/prunebackups',
    permission: { path: '/storage/{storage}', anyOf: ['Datastore.Audit', 'Datastore.AllocateSpace'] },
    parameters: PRUNING,
    handle: (node, call) => {
      const { storage, vmid, type } = call.parameters;
      return node.storage.backups.marks(node.storage.get(storage), retentionOf(call), { vmid, type });
    },
  }),
  route({
    method: 'DELETE',
    path: '/nodes/{node}/storage/{storage}/prunebackups',
    permission: 'self',
    parameters: PRUNING,
    handle: prune,
  }),
  route({
    method: 'PUT',
    path: '/nodes/{node}/storage/{storage}/content/{volume*}',
    permission: 'self',
    parameters: CHANGE,
    handle: change,
  }),
];
