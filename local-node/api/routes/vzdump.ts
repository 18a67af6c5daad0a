import { backupRequest } from '../../backup/backup-request';
import { BACKUP_PARAMETERS } from '../../formats/backup-parameters';
import { NODE, STORAGE_ID } from '../../formats/parameter-types';
import type { LocalNode } from '../../node';
import { backupOptions, checkBackupAccess, checkBackupOptions, chosenGuests } from '../backup-options';
import { type CallOf, type Route, route } from '../route';

const CREATION = {
  ...BACKUP_PARAMETERS,
  'job-id': { type: 'string', optional: true, maxLength: 50, pattern: /^\S+$/ },
  stdout: { type: 'boolean', optional: true },
} as const;

/** What a backup does that says nothing else. */
const DEFAULTS = {
  ...{
    all: 0,
    bwlimit: 0,
    compress: '0',
    fleecing: { enabled: 0 },
    ionice: 7,
    lockwait: 180,
    mode: 'snapshot',
  },
  ...{
    mailnotification: 'always',
    'notification-mode': 'auto',
    pigz: 0,
    'prune-backups': 'keep-all=1',
    quiet: 0,
  },
  ...{ performance: { 'max-workers': 16, 'pbs-entries-max': 1_048_576 }, remove: 1, stdexcludes: 1, stop: 0 },
  ...{ stopwait: 10, zstd: 1 },
};

function backup(node: LocalNode, { caller, parameters }: CallOf<typeof CREATION>): string {
  const options = backupOptions(parameters);
  checkBackupOptions(options);
  const guests = chosenGuests(node, options);
  checkBackupAccess(node, caller, options);
  return node.backups.run(backupRequest(options, guests), caller);
}

export const vzdumpRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/nodes/{node}/vzdump',
    permission: 'self',
    parameters: CREATION,
    handle: backup,
  }),
  route({
    method: 'GET',
    path: '/nodes/{node}/vzdump/defaults',
    permission: 'self',
    parameters: { node: NODE, storage: { ...STORAGE_ID, optional: true } },
    handle: (node, { caller, parameters: { storage = 'local' } }) => {
      node.access.check(caller, `/storage/${storage}`, ['Datastore.Audit', 'Datastore.AllocateSpace']);
      const directory = node.storage.backups.directory(node.storage.get(storage));
      return { ...DEFAULTS, storage, dumpdir: node.shownPath(directory) };
    },
  }),
  route({
    method: 'GET',
    path: '/nodes/{node}/vzdump/extractconfig',
    permission: 'self',
    parameters: { node: NODE, volume: { type: 'string' } },
    handle: (node, { caller, parameters: { volume } }) => {
      node.guests.volumeAccess.checkRead(caller, volume);
      return node.restores.extractConfig(volume);
    },
  }),
];
