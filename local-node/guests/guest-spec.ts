/** From a guest's configuration to what an engine needs to run it. */

import type { GuestDisk, GuestNic, GuestSpec } from '../engine/guest-engine';
import { type Drive, isCdrom, isDriveSlot, parseDrive } from '../formats/drive';
import { isNicOption, parseNic } from '../formats/nic';
import { parsePropertyString } from '../formats/property-string';
import type { Volume } from '../storage/storage-catalogue';

type Values = ReadonlyMap<string, string>;

/** `volumeOf` gives the volume of a drive, undefined for an empty CD-ROM. */
export function guestSpec(
  vmid: number,
  values: Values,
  volumeOf: (drive: Drive) => Volume | undefined,
): GuestSpec {
  const disks = drivesOf(values).flatMap(({ slot, drive }): GuestDisk[] => {
    const volume = volumeOf(drive);
    if (!volume) return [];
    const format = volume.format === 'qcow2' ? 'qcow2' : 'raw';
    return [{ slot, path: volume.path, format, media: isCdrom(drive) ? 'cdrom' : 'disk' }];
  });
  return {
    vmid,
    name: values.get('name') ?? `VM${vmid}`,
    cpus: cpusOf(values),
    memoryMiB: memoryMiBOf(values),
    scsiController: values.get('scsihw') ?? 'lsi',
    disks,
    nics: nicsOf(values),
    bootOrder: bootOrder(values, disks),
    agent: hasAgent(values),
    serial: values.has('serial0'),
    kvm: values.get('kvm') !== '0',
  };
}

export function drivesOf(values: Values): { readonly slot: string; readonly drive: Drive }[] {
  return [...values.keys()]
    .filter(isDriveSlot)
    .sort()
    .map((slot) => ({ slot, drive: parseDrive(values.get(slot) ?? '') }));
}

/** Proxmox VE's defaults: one socket with one core, 512 MiB. */
export function cpusOf(values: Values): number {
  const all = Number(values.get('sockets') ?? 1) * Number(values.get('cores') ?? 1);
  return Math.min(all, Number(values.get('vcpus') ?? all));
}

export function memoryMiBOf(values: Values): number {
  return Number(/(\d+)/.exec(values.get('memory') ?? '512')?.[1]);
}

export function hasAgent(values: Values): boolean {
  return /^(enabled=)?1(,|$)/.test(values.get('agent') ?? '');
}

function nicsOf(values: Values): GuestNic[] {
  return [...values.keys()].filter(isNicOption).flatMap((key): GuestNic[] => {
    const { model, macaddr, bridge, link_down } = parseNic(values.get(key) ?? '', key);
    if (macaddr === undefined || bridge === undefined) return [];
    return [{ index: Number(key.slice(3)), model, mac: macaddr, bridge, linkDown: link_down === true }];
  });
}

const BOOT = {
  defaultKey: 'legacy',
  keys: { legacy: { type: 'string', optional: true }, order: { type: 'string', optional: true } },
} as const;

/** Without an order: the first disk, then the first CD-ROM. */
function bootOrder(values: Values, disks: readonly GuestDisk[]): string[] {
  const { order } = parsePropertyString(BOOT, values.get('boot') ?? '');
  if (order !== undefined)
    return String(order)
      .split(';')
      .filter((slot) => slot !== '');
  const first = (media: string) => disks.filter((disk) => disk.media === media).slice(0, 1);
  return [...first('disk'), ...first('cdrom')].map(({ slot }) => slot);
}
