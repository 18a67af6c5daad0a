/**
 * The values of a guest's options. Drives and network interfaces are parsed once, where they come in: from a request or
 * from the guest's file. All other options stay the text that was given, as Proxmox VE keeps them.
 */

import { type Drive, isDrive, isDriveSlot, isUnusedDisk, parseDrive, printDrive } from './drive';
import { isNic, isNicOption, type Nic, parseNic, printNic } from './nic';

export type OptionValue = string | Drive | Nic;
export type OptionValues = ReadonlyMap<string, OptionValue>;

/** Throws an Error that says what is wrong with a drive or an interface. */
export function parseOptions(texts: Iterable<readonly [string, string]>): Map<string, OptionValue> {
  return new Map([...texts].map(([name, text]) => [name, parseOption(name, text)]));
}

function parseOption(name: string, text: string): OptionValue {
  if (isDriveSlot(name)) return parseDrive(text, name);
  return isNicOption(name) ? parseNic(text, name) : text;
}

export function printOption(value: OptionValue): string {
  if (typeof value === 'string') return value;
  return isDrive(value) ? printDrive(value) : printNic(value);
}

/** An option that is neither drive nor interface; undefined if the guest has none of that name. */
export function textOf(values: OptionValues, name: string): string | undefined {
  const value = values.get(name);
  return typeof value === 'string' ? value : undefined;
}

/** A drive, or an unused disk, of which the guest keeps the volume alone. */
export function driveOf(values: OptionValues, name: string): Drive | undefined {
  const value = values.get(name);
  if (isUnusedDisk(name) && typeof value === 'string') return { file: value };
  return isDrive(value) ? value : undefined;
}

/** All drives, by slot. */
export function drivesOf(values: OptionValues): { readonly slot: string; readonly drive: Drive }[] {
  return [...values]
    .flatMap(([slot, drive]) => (isDrive(drive) ? [{ slot, drive }] : []))
    .sort((a, b) => (a.slot < b.slot ? -1 : 1));
}

/** All network interfaces by number: net0, net1, ... net10. */
export function nicsOf(values: OptionValues): { readonly index: number; readonly nic: Nic }[] {
  return [...values]
    .flatMap(([name, nic]) => (isNic(nic) ? [{ index: Number(name.slice('net'.length)), nic }] : []))
    .sort((a, b) => a.index - b.index);
}
