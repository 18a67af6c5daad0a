/** Snapshots in the configuration of a guest, as Proxmox VE keeps them (PVE::AbstractConfig). */
import { ApiError } from '../../base/api-error';
import { isUnusedDisk } from '../../formats/drive';
import type { GuestConfig } from '../../formats/guest-config';
import { type OptionValue, type OptionValues, textOf } from '../../formats/option-values';

/** What of a section is the snapshot's own, and no option of the guest. */
const OWN = new Set(['snapstate', 'snaptime', 'vmstate', 'lock', 'description', 'runningmachine']);

/** What is being done to a snapshot; rollback is the local node's own word. */
export type SnapshotState = 'prepare' | 'delete' | 'rollback';

export interface SnapshotRow {
  readonly name: string;
  readonly description: string;
  readonly snaptime?: number;
  readonly parent?: string | undefined;
  readonly vmstate?: 0 | 1;
  readonly snapstate?: string | undefined;
}

/** Throws 500 "snapshot '...' does not exist". */
export function snapshotOf({ snapshots }: GuestConfig, name: string): OptionValues {
  const found = snapshots.get(name);
  if (!found) throw new ApiError(500, `snapshot '${name}' does not exist`);
  return found;
}

/** As GET snapshot shows them, without the row of the guest itself. */
export function snapshotRows({ snapshots }: GuestConfig): SnapshotRow[] {
  return [...snapshots].map(([name, values]) => ({
    ...{ name, description: textOf(values, 'description') ?? '', snaptime: snapTimeOf(values) },
    ...{ parent: textOf(values, 'parent'), snapstate: textOf(values, 'snapstate') },
    vmstate: values.has('vmstate') ? 1 : 0,
  }));
}

/** Seconds since the epoch. */
function snapTimeOf(values: OptionValues): number {
  return Number(textOf(values, 'snaptime') ?? 0);
}

function options(values: OptionValues): Map<string, OptionValue> {
  return new Map([...values].filter(([name]) => !OWN.has(name) && !isUnusedDisk(name)));
}

/** With a snapshot that is begun, and the guest locked. `seconds` since the epoch. */
export function begun(
  config: GuestConfig,
  name: string,
  { seconds, description }: { readonly seconds: number; readonly description: string | undefined },
): GuestConfig {
  const section = options(config.values).set('snapstate', 'prepare').set('snaptime', String(seconds));
  if (description !== undefined && description !== '') section.set('description', description);
  return withSection(locked(config, 'snapshot'), name, section);
}

/** With a snapshot that is whole, and under which the guest now is. */
export function finished(config: GuestConfig, name: string): GuestConfig {
  const values = new Map(config.values).set('parent', name);
  values.delete('lock');
  const section = new Map(snapshotOf(config, name));
  section.delete('snapstate');
  return withSection({ ...config, values }, name, section);
}

/** With one more option of a snapshot. */
export function withOption(config: GuestConfig, name: string, option: string, value: string): GuestConfig {
  return withSection(config, name, new Map(snapshotOf(config, name)).set(option, value));
}

/** With something that is being done to a snapshot, and the guest locked. */
export function under(config: GuestConfig, name: string, state: SnapshotState): GuestConfig {
  const lock = { prepare: 'snapshot', delete: 'snapshot-delete', rollback: 'rollback' }[state];
  return withOption(locked(config, lock), name, 'snapstate', state);
}

/** Without a snapshot: what came after it now comes after its parent. */
export function without(config: GuestConfig, name: string): GuestConfig {
  const parent = config.snapshots.get(name)?.get('parent');
  const moved = (values: OptionValues) => {
    const after = new Map(values);
    if (after.get('parent') !== name) return after;
    if (parent === undefined) after.delete('parent');
    else after.set('parent', parent);
    return after;
  };
  const values = moved(config.values);
  values.delete('lock');
  const rest = [...config.snapshots].filter(([one]) => one !== name);
  return { ...config, values, snapshots: new Map(rest.map(([one, section]) => [one, moved(section)])) };
}

/**
 * What the guest was at the snapshot. Its description and disks that nothing uses stay as they are; changes that wait are
 * forgotten. The lock stays until all is done.
 */
export function rolledBack(config: GuestConfig, name: string): GuestConfig {
  const values = options(snapshotOf(config, name)).set('parent', name);
  for (const [option, value] of config.values) {
    if (option === 'description' || option === 'lock' || isUnusedDisk(option)) values.set(option, value);
  }
  return { ...config, values, pending: new Map(), pendingDelete: new Set(), cloudInitOnDrive: new Map() };
}

/** The snapshot that something is being done to, or was when the node ended. */
export function unfinished({ snapshots }: GuestConfig): [string, SnapshotState] | undefined {
  for (const [name, values] of snapshots) {
    const state = textOf(values, 'snapstate');
    if (state === 'prepare' || state === 'delete' || state === 'rollback') return [name, state];
  }
  return undefined;
}

/** Without lock, and nothing under way at the snapshot. */
export function settled(config: GuestConfig, name: string): GuestConfig {
  const values = new Map(config.values);
  values.delete('lock');
  const section = new Map(snapshotOf(config, name));
  section.delete('snapstate');
  return withSection({ ...config, values }, name, section);
}

function locked(config: GuestConfig, lock: string): GuestConfig {
  return { ...config, values: new Map(config.values).set('lock', lock) };
}

function withSection(config: GuestConfig, name: string, section: OptionValues): GuestConfig {
  return { ...config, snapshots: new Map(config.snapshots).set(name, section) };
}
