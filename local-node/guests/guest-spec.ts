/** From a guest's configuration to what an engine needs to run it. */

import { cpus } from 'node:os';
import {
  AIO_MODES,
  CACHE_MODES,
  type GuestDisk,
  type GuestNic,
  type GuestSpec,
} from '../engine/guest-engine';
import { type Drive, isCdrom } from '../formats/drive';
import { drivesOf, nicsOf, type OptionValues, textOf } from '../formats/option-values';
import { parsePropertyString } from '../formats/property-string';
import type { Volume } from '../storage/storage-catalogue';

/** Processors of the node. Counted once: asking the kernel takes a millisecond, and every start needs it. */
export const NODE_CPUS = cpus().length;

/** `volumeOf` gives the volume of a drive, undefined for an empty CD-ROM. */
export function guestSpec(
  vmid: number,
  values: OptionValues,
  volumeOf: (drive: Drive) => Volume | undefined,
): GuestSpec {
  const disks = drivesOf(values).flatMap(({ slot, drive }): GuestDisk[] => {
    const volume = volumeOf(drive);
    if (!volume) return [];
    const format = volume.format === 'qcow2' ? 'qcow2' : 'raw';
    const cache = CACHE_MODES.find((mode) => mode === drive.cache);
    return [
      {
        slot,
        path: volume.path,
        format,
        media: isCdrom(drive) ? 'cdrom' : 'disk',
        cache,
        aio: AIO_MODES.find((mode) => mode === drive.aio),
        discard: drive.discard === 'on',
        iothread: drive.iothread === true,
      },
    ];
  });
  return {
    vmid,
    name: textOf(values, 'name') ?? `VM${vmid}`,
    cpus: cpusOf(values),
    memoryMiB: memoryMiBOf(values),
    scsiController: textOf(values, 'scsihw') ?? 'lsi',
    disks,
    nics: pluggedNics(values),
    bootOrder: bootOrder(values, disks),
    agent: hasAgent(values),
    serial: values.has('serial0'),
    screen: hasScreen(values),
    kvm: textOf(values, 'kvm') !== '0',
  };
}

/** Whether the guest has a graphics card, whose picture a console shows. */
export function hasScreen(values: OptionValues): boolean {
  return /^(type=)?(cirrus|qxl\d?|std|virtio|virtio-gl|vmware)(,|$)/.test(textOf(values, 'vga') ?? '');
}

/** Those that the guest could have with all of them plugged in. */
export function maxCpusOf(values: OptionValues): number {
  return Number(textOf(values, 'sockets') ?? 1) * Number(textOf(values, 'cores') ?? 1);
}

/** Proxmox VE's defaults: one socket with one core, 512 MiB. */
export function cpusOf(values: OptionValues): number {
  const all = maxCpusOf(values);
  return Math.min(all, Number(textOf(values, 'vcpus') ?? all));
}

export function memoryMiBOf(values: OptionValues): number {
  return Number(/(\d+)/.exec(textOf(values, 'memory') ?? '512')?.[1]);
}

export function hasAgent(values: OptionValues): boolean {
  return /^(enabled=)?1(,|$)/.test(textOf(values, 'agent') ?? '');
}

function pluggedNics(values: OptionValues): GuestNic[] {
  return nicsOf(values).flatMap(({ index, nic: { model, macaddr, bridge, link_down } }): GuestNic[] => {
    if (macaddr === undefined || bridge === undefined) return [];
    return [{ index, model, mac: macaddr, bridge, linkDown: link_down === true }];
  });
}

const BOOT = {
  defaultKey: 'legacy',
  keys: { legacy: { type: 'string', optional: true }, order: { type: 'string', optional: true } },
} as const;

/** Without an order: the first disk, then the first CD-ROM. */
function bootOrder(values: OptionValues, disks: readonly GuestDisk[]): string[] {
  const { order } = parsePropertyString(BOOT, textOf(values, 'boot') ?? '');
  if (order !== undefined)
    return String(order)
      .split(';')
      .filter((slot) => slot !== '');
  const first = (media: string) => disks.filter((disk) => disk.media === media).slice(0, 1);
  return [...first('disk'), ...first('cdrom')].map(({ slot }) => slot);
}
