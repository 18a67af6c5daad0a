import { backupStem, parseBackupName } from '../../../local-node/formats/backup-name';
import { type NumberedCall, readRecording } from './recording';

/**
 * The name of the archive that a recorded backup made, without its suffix, from its task's log; and what it is called
 * here, being named after the moment at which it is begun. Undefined if it made none.
 */
export function archiveNames(call: NumberedCall, now: number): readonly [string, string] | undefined {
  const data = (call.body as { data?: unknown } | undefined)?.data;
  if (typeof data !== 'string') return undefined;
  const log = readRecording(call.file).find(
    ({ path, line }) => line > call.line && path.includes('/log') && decodeURIComponent(path).includes(data),
  );
  const name = /creating vzdump archive '[^']*\/(vzdump-[^']+)'/.exec(JSON.stringify(log?.body ?? ''))?.[1];
  const parts = name === undefined ? undefined : parseBackupName(name);
  if (name === undefined || !parts) return undefined;
  return [name.replace(/\..*/, ''), backupStem(parts.kind, parts.vmid, now)];
}
