import type { Lab } from './lab';
import type { LabIdentity } from './lab-identity';

type LabBackup = NonNullable<Lab['backup']>;

/** The id of the lab's backup job on the node. */
export function backupJobId({ tag }: Pick<LabIdentity, 'tag'>): string {
  return `backup-${tag}`;
}

/** As Proxmox VE names it in the parameter `compress`. */
export function compressParameter({ compression }: Pick<LabBackup, 'compression'>): string {
  return compression === 'none' ? '0' : compression;
}

/** As Proxmox VE takes it: keep-last, keep-daily, ...; undefined = all stay. */
export function retentionOf({ retention }: Pick<LabBackup, 'retention'>): Record<string, string> | undefined {
  const counts = Object.entries(retention ?? {}).flatMap(([name, count]) =>
    count === undefined ? [] : [[`keep-${name}`, String(count)] as const],
  );
  return counts.length === 0 ? undefined : Object.fromEntries(counts);
}
