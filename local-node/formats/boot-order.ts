import { isCdrom, isCloudInit } from './drive';
import { drivesOf, nicsOf, type OptionValues } from './option-values';

/** The buses in the order in which a disk to boot from is looked for. */
const BUSES = ['ide', 'scsi', 'virtio', 'sata'];

/**
 * What a new guest boots from if nothing is asked for: its first disk, its first CD-ROM, its first network interface.
 * Undefined if it has none of them.
 */
export function defaultBoot(values: OptionValues): string | undefined {
  const drives = drivesOf(values).sort((a, b) => rank(a.slot) - rank(b.slot));
  const devices = [
    drives.find(({ drive }) => !isCdrom(drive))?.slot,
    drives.find(({ drive }) => isCdrom(drive) && !isCloudInit(drive))?.slot,
    nicsOf(values).map(({ index }) => `net${index}`)[0],
  ].filter((device) => device !== undefined);
  return devices.length === 0 ? undefined : `order=${devices.join(';')}`;
}

function rank(slot: string): number {
  const [, bus = '', number] = /^(\D+)(\d+)$/.exec(slot) ?? [];
  return BUSES.indexOf(bus) * 100 + Number(number);
}
