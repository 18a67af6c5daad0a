/** The parameters of backups, which the call vzdump and the jobs of the cluster share. */
import { nodeFormat, storageIdFormat, vmidFormat } from './parameter-types';
import { parsePropertyString } from './property-string';
import { PRUNE_BACKUPS } from './retention';
import type { ParameterSchema } from './schema';

const TEXT = { type: 'string', optional: true } as const;
const FLAG = { type: 'boolean', optional: true } as const;
const COUNT = { type: 'integer', optional: true, minimum: 0 } as const;

export const vmidList = (value: string): void => {
  for (const vmid of listOf(value)) vmidFormat(vmid);
};

/** `prune-backups`, as its parts. */
export const RETENTION = {
  type: 'string',
  optional: true,
  parse: (text: string, path: string) => parsePropertyString(PRUNE_BACKUPS, text, path),
} as const satisfies ParameterSchema;

export const BACKUP_PARAMETERS = {
  all: FLAG,
  bwlimit: COUNT,
  compress: { ...TEXT, enum: ['0', '1', 'gzip', 'lzo', 'zstd'] },
  dumpdir: TEXT,
  exclude: { ...TEXT, format: vmidList },
  'exclude-path': { type: 'array', optional: true, items: { type: 'string' } },
  fleecing: TEXT,
  ionice: { ...COUNT, maximum: 8 },
  lockwait: COUNT,
  mailnotification: { ...TEXT, enum: ['always', 'failure'] },
  mailto: TEXT,
  maxfiles: { ...COUNT, minimum: 1 },
  mode: { ...TEXT, enum: ['snapshot', 'suspend', 'stop'] },
  node: { ...TEXT, format: nodeFormat },
  'notes-template': { ...TEXT, maxLength: 1024, requires: 'storage' },
  'notification-mode': { ...TEXT, enum: ['auto', 'legacy-sendmail', 'notification-system'] },
  'pbs-change-detection-mode': { ...TEXT, enum: ['legacy', 'data', 'metadata'] },
  performance: TEXT,
  pigz: { type: 'integer', optional: true },
  pool: TEXT,
  protected: { ...FLAG, requires: 'storage' },
  'prune-backups': RETENTION,
  quiet: FLAG,
  remove: FLAG,
  script: TEXT,
  stdexcludes: FLAG,
  stop: FLAG,
  stopwait: COUNT,
  storage: { ...TEXT, format: storageIdFormat },
  tmpdir: TEXT,
  vmid: { ...TEXT, format: vmidList },
  zstd: { type: 'integer', optional: true },
} as const satisfies Readonly<Record<string, ParameterSchema>>;

/** What the local node cannot do with backups, by the parameter that asks for it. */
const REFUSED: Readonly<Record<string, string>> = {
  dumpdir: 'backups go to storages',
  tmpdir: 'working files lie beside the backup',
  script: 'no programs are called',
  fleecing: 'backups of running machines have no fleecing images',
  bwlimit: 'backups are not slowed down',
  stop: 'a running backup is stopped by its task',
  maxfiles: 'Proxmox VE 9 takes prune-backups instead',
};

/** Why the options cannot be fulfilled; undefined if they can. What asks for nothing, such as `bwlimit=0`, is taken. */
export function refusedBackupOption(options: Readonly<Record<string, string>>): string | undefined {
  for (const [name, reason] of Object.entries(REFUSED)) {
    const value = options[name];
    if (value === undefined || value === '0' || /^(enabled=)?0$/.test(value)) continue;
    return `'${name}' is not supported by the local node: ${reason}`;
  }
  return undefined;
}

/** What is wrong with the choice of guests, by parameter, in Proxmox VE's words. */
export function guestChoiceFaults(options: Readonly<Record<string, string>>): Record<string, string> {
  const { vmid, pool, exclude } = options;
  const all = options.all === '1';
  if (vmid === undefined && pool === undefined && !all) return { vmid: 'property is missing' };
  if (all && vmid !== undefined) return { all: "option conflicts with option 'vmid'" };
  if (pool !== undefined && vmid !== undefined) return { pool: "option conflicts with option 'vmid'" };
  if (pool !== undefined && all) return { all: "option conflicts with option 'pool'" };
  if (exclude !== undefined && !all) return { exclude: "option 'exclude' requires option 'all'" };
  return {};
}

/** The items of a list such as "100,101". */
export function listOf(text: string): string[] {
  return text.split(/[,;\s]+/).filter((item) => item !== '');
}
