import { checkNotesTemplate } from '../backup/backup-request';
import { ApiError, badParameters } from '../base/api-error';
import { type Caller, isRoot } from '../base/caller';
import {
  BACKUP_PARAMETERS,
  guestChoiceFaults,
  listOf,
  refusedBackupOption,
} from '../formats/backup-parameters';
import { printProperties, printScalar } from '../formats/property-string';
import type { ParameterValue, PropertyValues } from '../formats/schema';
import type { LocalNode } from '../node';

type Options = Record<string, string>;

function isList(value: ParameterValue): value is readonly string[] {
  return Array.isArray(value);
}

/** The options of a backup among the parameters of a call, as texts. */
export function backupOptions(parameters: Readonly<Record<string, ParameterValue>>): Options {
  const options: Options = {};
  // In the order of the call, which is that of the log.
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined || !Object.hasOwn(BACKUP_PARAMETERS, name)) continue;
    if (isList(value)) options[name] = value.join(';');
    else if (typeof value === 'object') options[name] = printProperties(value as PropertyValues).join(',');
    else options[name] = printScalar(value);
  }
  return options;
}

/** What Proxmox VE would have against the choice of guests, and the local node against other options. Throws ApiError. */
export function checkBackupOptions(options: Readonly<Options>): void {
  const faults = guestChoiceFaults(options);
  if (Object.keys(faults).length > 0) throw badParameters(faults);
  const template = options['notes-template'];
  try {
    if (template !== undefined) checkNotesTemplate(template);
  } catch (fault) {
    throw badParameters({ 'notes-template': `${(fault as Error).message}\n` });
  }
  const refused = refusedBackupOption(options);
  if (refused !== undefined) throw new ApiError(501, refused);
}

/** Whether the caller may ask for these options. Throws ApiError 403. */
export function checkBackupAccess({ access }: LocalNode, caller: Caller, options: Readonly<Options>): void {
  for (const name of ['tmpdir', 'dumpdir', 'script']) {
    if (options[name] !== undefined && !isRoot(caller))
      throw badParameters({ [name]: 'Only root may set this option.' });
  }
  for (const name of ['bwlimit', 'ionice', 'performance']) {
    if (options[name] !== undefined) access.check(caller, '/', ['Sys.Modify']);
  }
  const storage = options.storage;
  if (storage === undefined) return;
  if (options['prune-backups'] !== undefined)
    access.check(caller, `/storage/${storage}`, ['Datastore.Allocate']);
  access.check(caller, `/storage/${storage}`, ['Datastore.AllocateSpace']);
}

/** The guests that options choose: by number, all, or those of a pool. Throws ApiError 500 for a pool that is not there. */
export function chosenGuests(node: LocalNode, options: Readonly<Options>): readonly number[] | 'all' {
  if (options.all === '1') return 'all';
  if (options.pool !== undefined) return node.guests.pools.get(options.pool).vmids;
  return listOf(options.vmid ?? '').map(Number);
}
