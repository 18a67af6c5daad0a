/**
 * The configuration of one guest in Proxmox VE's own file format (/etc/pve/qemu-server/<vmid>.conf):
 * `key: value` lines, the description as percent-encoded comment lines at the top, and sections. [PENDING] holds what
 * takes effect at the next start; [special:cloudinit] what was changed since the cloud-init drive was written; any other
 * section is a snapshot: what the guest was at its moment.
 */
import { createHash } from 'node:crypto';
import { oneLine } from './control-characters';
import { type OptionValue, type OptionValues, parseOptions, printOption, textOf } from './option-values';

export interface GuestConfig {
  readonly values: OptionValues;
  /** Values that replace the current ones at the next start. */
  readonly pending: OptionValues;
  /** Options that go at the next start. */
  readonly pendingDelete: ReadonlySet<string>;
  /** The cloud-init options as they are on the drive, where they differ from `values`. */
  readonly cloudInitOnDrive: ReadonlyMap<string, string>;
  /** By name; besides options they have snaptime, parent, vmstate and, while they are worked on, snapstate. */
  readonly snapshots: ReadonlyMap<string, OptionValues>;
}

const PENDING = 'PENDING';
const CLOUD_INIT = 'special:cloudinit';
const SNAPSHOT = /^[a-z][\w-]+$/i;

export function emptyConfig(values: OptionValues = new Map()): GuestConfig {
  return {
    values,
    pending: new Map(),
    pendingDelete: new Set(),
    cloudInitOnDrive: new Map(),
    snapshots: new Map(),
  };
}

/** Reads options of one kind of guest from the texts of its file. */
type ReadOptions = (texts: ReadonlyMap<string, string>) => OptionValues;

/**
 * Reads a configuration file. Throws if a line is neither section, comment nor option, or a value cannot be read.
 * `read` is for options of another kind of guest than a virtual machine's.
 */
export function parseGuestConfig(text: string, read: ReadOptions = parseOptions): GuestConfig {
  if (!text.endsWith('\n')) throw new Error(text === '' ? 'the file is empty' : 'the last line is cut off');
  const sections = new Map<string, Map<string, string>>();
  const descriptions = new Map<string, string>();
  let name = '';
  let current = section(sections, name);
  for (const [index, line] of text.split('\n').entries()) {
    const header = /^\[([^\]]+)\]\s*$/.exec(line);
    // Lines that begin with lxc. go to LXC as they are, in the file of a container.
    const option = /^([a-z][a-z_]*\d*|lxc\.[\w.]+):\s*([^\p{Cc}\p{Zl}\p{Zp}]*?)\s*$/u.exec(line);
    if (line.trim() === '') continue;
    if (line.startsWith('#')) {
      descriptions.set(name, `${descriptions.get(name) ?? ''}${decodeComment(line.slice(1))}\n`);
    } else if (header?.[1] !== undefined) {
      name = header[1];
      current = section(sections, name);
    } else if (option?.[1] !== undefined && option[2] !== undefined) {
      if (current.has(option[1])) throw new Error(`line ${index + 1} gives '${option[1]}' a second time`);
      current.set(option[1], option[2]);
    } else throw new Error(`line ${index + 1} is no option of a guest: '${line}'`);
  }
  for (const [of, text] of descriptions) section(sections, of).set('description', text.slice(0, -1));
  const values = section(sections, '');
  const pending = section(sections, PENDING);
  const deleted = pending.get('delete') ?? '';
  pending.delete('delete');
  return {
    values: read(values),
    pending: read(pending),
    pendingDelete: new Set(deleted.split(',').filter((name) => name !== '')),
    cloudInitOnDrive: section(sections, CLOUD_INIT),
    snapshots: new Map(
      [...sections].filter(([of]) => SNAPSHOT.test(of) && of !== PENDING).map(([of, own]) => [of, read(own)]),
    ),
  };
}

function section(sections: Map<string, Map<string, string>>, name: string): Map<string, string> {
  const known = sections.get(name) ?? new Map<string, string>();
  sections.set(name, known);
  return known;
}

export function formatGuestConfig(config: GuestConfig): string {
  const lines = described(config.values);
  const pending = new Map<string, OptionValue>(config.pending);
  if (config.pendingDelete.size > 0) pending.set('delete', [...config.pendingDelete].sort().join(','));
  if (pending.size > 0) lines.push('', `[${PENDING}]`, ...options(pending));
  if (config.cloudInitOnDrive.size > 0)
    lines.push('', `[${CLOUD_INIT}]`, ...options(config.cloudInitOnDrive));
  for (const [name, values] of [...config.snapshots].sort(([a], [b]) => (a < b ? -1 : 1)))
    lines.push('', `[${name}]`, ...described(values));
  return `${lines.join('\n')}\n`;
}

function described(values: OptionValues): string[] {
  const description = textOf(values, 'description')?.split('\n') ?? [];
  return [...description.map((line) => `#${encodeComment(line)}`), ...options(values)];
}

function options(values: OptionValues): string[] {
  return [...values]
    .filter(([name]) => name !== 'description')
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${oneLine(name, name)}: ${oneLine(name, printOption(value))}`);
}

/** A comment must stay one line: what would end it or begin an escape is encoded. */
function encodeComment(line: string): string {
  return line.replace(/[%\p{Cc}\p{Zl}\p{Zp}]/gu, encodeURIComponent);
}

function decodeComment(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // written by hand, with a % that begins no escape
  }
}

/** Changes whenever the file does; a caller that shows an old one is refused. */
export function digestOf(config: GuestConfig): string {
  return createHash('sha1').update(formatGuestConfig(config)).digest('hex');
}

/** What the guest will have at its next start: pending values over current ones. */
export function effectiveValues(config: GuestConfig): OptionValues {
  const values = new Map(config.values);
  for (const key of config.pendingDelete) values.delete(key);
  for (const [key, value] of config.pending) values.set(key, value);
  return values;
}
