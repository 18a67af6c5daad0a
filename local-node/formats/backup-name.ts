/** Names of backups, vzdump-<kind>-<vmid>-YYYY_MM_DD-HH_MM_SS.<format>, in the node's local time. */

export type BackupKind = 'lxc' | 'qemu';

/** As Proxmox VE names it in the parameter `compress`; 1 is lzo. */
export type Compression = '0' | '1' | 'gzip' | 'lzo' | 'zstd';

const SUFFIX: Readonly<Record<Compression, string>> = {
  0: '',
  1: '.lzo',
  gzip: '.gz',
  lzo: '.lzo',
  zstd: '.zst',
};
const STANDARD =
  /^vzdump-(lxc|qemu)-([1-9]\d{2,8})-(\d{4})_(\d\d)_(\d\d)-(\d\d)_(\d\d)_(\d\d)\.(?:tar|vma)(?:\.\w+)?$/;

export interface BackupName {
  readonly kind: BackupKind;
  readonly vmid: number;
  /** When it began, seconds since the epoch. */
  readonly ctime: number;
}

/** Undefined for a name that was given by hand. */
export function parseBackupName(fileName: string): BackupName | undefined {
  const [, kind, vmid, ...parts] = STANDARD.exec(fileName) ?? [];
  if (kind === undefined) return undefined;
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = parts.map(Number);
  const ctime = new Date(year, month - 1, day, hour, minute, second).getTime() / 1000;
  return { kind: kind === 'lxc' ? 'lxc' : 'qemu', vmid: Number(vmid), ctime };
}

/** The name without its suffix; `milliseconds` since the epoch. */
export function backupStem(kind: BackupKind, vmid: number, milliseconds: number): string {
  const [date, time] = localTime(milliseconds).split(' ');
  return `vzdump-${kind}-${vmid}-${date?.replaceAll('-', '_')}-${time?.replaceAll(':', '_')}`;
}

export function backupSuffix(kind: BackupKind, compression: Compression): string {
  return `.${kind === 'lxc' ? 'tar' : 'vma'}${SUFFIX[compression]}`;
}

/** YYYY-MM-DD HH:MM:SS */
export function localTime(milliseconds: number): string {
  const date = new Date(milliseconds);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-');
  return `${day} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':')}`;
}
