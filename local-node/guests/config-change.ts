/** A change of a guest's configuration, and what can be said against it before anything is touched, in Proxmox VE's words. */
import { ApiError, badParameters } from '../base/api-error';
import { bootDevices } from '../formats/boot-order';
import { isDriveSlot, isUnusedDisk } from '../formats/drive';
import { digestOf, type GuestConfig } from '../formats/guest-config';
import { isOption } from '../formats/guest-options';
import { type OptionValues, textOf } from '../formats/option-values';
import { memoryMiBOf } from './guest-spec';
import { refuseLocked } from './guest-store';

/** When a caller wants no change of a guest. */
export interface Reservation {
  /** Of the configuration that the caller has seen: not of another one. */
  readonly digest?: string;
  /**
   * Also where the guest is locked.
   * @default false
   */
  readonly skipLock?: boolean;
}

export interface ConfigChange extends Reservation {
  readonly set: OptionValues;
  readonly delete: readonly string[];
  /** Pending changes to forget. */
  readonly revert: readonly string[];
  /**
   * Disks that are deleted go for good, and do not stay as unused ones.
   * @default false
   */
  readonly force?: boolean;
}

/** Against the change alone; `known` says which options such a guest has. Throws ApiError. */
export function checkNames(
  { set, delete: gone, revert }: ConfigChange,
  known: (name: string) => boolean = isOption,
): void {
  if (set.size + gone.length + revert.length === 0) throw new ApiError(500, 'no options specified');
  for (const name of revert) {
    if (!known(name)) throw badParameters({ revert: `unknown option '${name}'` });
    if (set.has(name)) throw badParameters({ delete: bothAtOnce(`-${name}`, `-revert ${name}`) });
  }
  for (const name of gone) {
    if (set.has(name)) throw badParameters({ delete: bothAtOnce(`-${name}`, `-delete ${name}`) });
    if (revert.includes(name))
      throw badParameters({ revert: bothAtOnce(`-delete ${name}`, `-revert ${name}`) });
    if (!known(name)) throw badParameters({ delete: `unknown option '${name}'` });
  }
}

function bothAtOnce(one: string, other: string): string {
  return `you can't use '${one}' and ${other}' at the same time`;
}

/** Throws ApiError. */
export function checkReservation({ digest, skipLock }: Reservation, config: GuestConfig): void {
  if (digest !== undefined && digest !== digestOf(config)) {
    throw new ApiError(500, 'checksum mismatch (file change by other user?)');
  }
  if (!skipLock) refuseLocked(config);
}

/** Against the change of what the guest is now. Throws ApiError. */
export function checkState({ set, ...reservation }: ConfigChange, config: GuestConfig): void {
  checkReservation(reservation, config);
  if (!set.has('memory') && !set.has('balloon')) return;
  const all = new Map([...config.values, ...config.pending, ...set]);
  if (Number(textOf(all, 'balloon') ?? 0) > memoryMiBOf(all)) {
    throw new ApiError(500, 'balloon value too large (must be smaller than assigned memory)');
  }
}

/** Against the devices that it takes away or boots from. Throws ApiError. */
export function checkDevices({ set, delete: gone }: ConfigChange, { values, pending }: GuestConfig): void {
  const all = new Map([...values, ...pending]);
  for (const name of gone) {
    if (values.get('protection') !== '1' || !all.has(name)) continue;
    const what = isUnusedDisk(name)
      ? `unused disk '${textOf(all, name)}'`
      : isDriveSlot(name) && `drive '${name}'`;
    if (what) throw new ApiError(500, `can't remove ${what} - protection mode enabled`);
  }
  for (const device of bootDevices(set)) {
    if ((all.has(device) || set.has(device)) && !gone.includes(device)) continue;
    throw new ApiError(500, `invalid bootorder: device '${device}' does not exist'`);
  }
}
