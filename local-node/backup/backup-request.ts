/** What a backup is asked for, by a call or by a job. */
import { cpus } from 'node:os';
import type { Compression } from '../formats/backup-name';
import { listOf } from '../formats/backup-parameters';
import { parsePropertyString } from '../formats/property-string';
import { PRUNE_BACKUPS } from '../formats/retention';
import type { PropertyValues } from '../formats/schema';

export type BackupMode = 'snapshot' | 'suspend' | 'stop';

export interface BackupRequest {
  /** Guests by number, or all of the node. */
  readonly guests: readonly number[] | 'all';
  readonly exclude: readonly number[];
  readonly storage: string;
  readonly mode: BackupMode;
  readonly compression: Compression;
  /** Threads of zstd. */
  readonly threads: number;
  readonly notesTemplate: string | undefined;
  readonly protected: boolean;
  /** Undefined = that of Proxmox VE's defaults, which keeps all. */
  readonly retention: PropertyValues | undefined;
  /** False: nothing is pruned, whatever the retention says. */
  readonly remove: boolean;
  /** How long a guest may take to shut down in the mode stop, minutes. */
  readonly stopMinutes: number;
  /** How long another backup is waited for, minutes. */
  readonly lockMinutes: number;
  /** Patterns of paths that backups of containers leave out. */
  readonly excludedPaths: readonly string[];
  /** Are temporary files of containers left out? */
  readonly standardExcludes: boolean;
  /** The options as they were given, for the log. */
  readonly given: readonly (readonly [string, string])[];
}

const VARIABLES = ['cluster', 'guestname', 'node', 'vmid'] as const;
type Variable = (typeof VARIABLES)[number];

/** Throws an Error in Proxmox VE's words if the template names a variable that there is none of. */
export function checkNotesTemplate(template: string): void {
  for (const { 1: name = '', index } of template.matchAll(/\{\{([^}]*)\}\}/g)) {
    if (!VARIABLES.some((known) => known === name.trim()))
      throw new Error(`found unknown: variable '${name}' at char ${index + 4}`);
  }
}

/** Fills in a notes template, in which \n and \\ stand for a new line and a backslash. */
export function notesFrom(template: string, values: Readonly<Record<Variable, string>>): string {
  return template
    .replace(/\\(n|\\)/g, (_, sign: string) => (sign === 'n' ? '\n' : '\\'))
    .replace(/\{\{\s*(cluster|guestname|node|vmid)\s*\}\}/g, (_, name: Variable) => values[name]);
}

/** The words with which Proxmox VE's log begins: what was asked for, as a command line. */
export function commandLine(vmids: readonly number[], given: BackupRequest['given'], node: string): string {
  const quoted = (value: string) =>
    /^[\w.,:/@-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;
  const options = given.map(([name, value]) => `--${name} ${quoted(value)}`);
  return ['vzdump', ...vmids.map(String), ...options, `--node ${node}`].join(' ');
}

/** A request from its options; `guests` are those that it is for. */
export function backupRequest(
  options: Readonly<Record<string, string>>,
  guests: BackupRequest['guests'],
): BackupRequest {
  const number = (name: string, usual: number) => Number(options[name] ?? usual);
  const threads = number('zstd', 1);
  const retention = options['prune-backups'];
  return {
    guests,
    exclude: listOf(options.exclude ?? '').map(Number),
    storage: options.storage ?? 'local',
    mode: oneOf(MODES, options.mode) ?? 'snapshot',
    compression: oneOf(COMPRESSIONS, options.compress) ?? '0',
    threads: threads === 0 ? Math.max(1, Math.floor(cpus().length / 2)) : threads,
    notesTemplate: options['notes-template'],
    protected: options.protected === '1',
    retention: retention === undefined ? undefined : parsePropertyString(PRUNE_BACKUPS, retention),
    remove: options.remove !== '0',
    stopMinutes: number('stopwait', 10),
    lockMinutes: number('lockwait', 180),
    excludedPaths: (options['exclude-path'] ?? '').split(';').filter((path) => path !== ''),
    standardExcludes: options.stdexcludes !== '0',
    given: Object.entries(options).filter(([name]) => !UNTOLD.includes(name)),
  };
}

const MODES = ['snapshot', 'suspend', 'stop'] as const;
const COMPRESSIONS = ['0', '1', 'gzip', 'lzo', 'zstd'] as const;
/** What is no option of the command, or stands elsewhere in it. */
const UNTOLD = ['vmid', 'node', 'id', 'schedule', 'enabled', 'comment', 'type', 'repeat-missed'];

function oneOf<T extends string>(words: readonly T[], text: string | undefined): T | undefined {
  return words.find((word) => word === text);
}
