import type { Lab } from '../../config/lab';
import { retentionOf } from '../../config/lab-backup';
import { OTHERS_REMEDY, othersFound, prunableOfOthers } from '../guest-backups';
import { type Finding, fault, ok, warning } from './finding';
import type { NodeFacts } from './node-facts';

/** Proxmox VE prunes all backups of a vmid, whoever has made them. */
export function checkBackups(
  { backups, tag }: NodeFacts,
  { backup, guests, storages }: Lab,
): readonly Finding[] {
  if (!backup || !retentionOf(backup) || !backups) return [];
  // One that the lab itself makes, and has not made yet, holds nothing of anybody.
  if ('fault' in backups && Object.hasOwn(storages ?? {}, backup.storage)) return [];
  const subject = `backups on ${backup.storage}`;
  if ('fault' in backups) return [warning(subject, backups.fault, 'npm run privileges')];
  const others = prunableOfOthers(
    backups.value,
    guests.map(({ vmid }) => vmid),
    tag,
  );
  return others.length === 0
    ? [ok(subject, 'none of others that retention would prune')]
    : [fault(subject, othersFound(others, backup.storage), OTHERS_REMEDY)];
}
