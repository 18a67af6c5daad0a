import { isCdrom, isCloudInit } from './drive';
import { drivesOf, nicsOf, type OptionValues, textOf } from './option-values';

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

/** The devices of the boot order, in order; none if it is the default or of the old form. */
export function bootDevices(values: OptionValues): string[] {
  const order = /(?:^|,)order=([^,]*)/.exec(textOf(values, 'boot') ?? '')?.[1] ?? '';
  return order.split(';').filter((device) => device !== '');
}

/**
 * The boot order after devices have gone and come: Proxmox VE takes out what is deleted and appends new CD-ROMs.
 * Undefined if it is no list of devices, or stays as it is.
 */
export function changedBoot(
  values: OptionValues,
  gone: readonly string[],
  come: OptionValues,
): string | undefined {
  const before = bootDevices(values);
  if (before.length === 0) return undefined;
  const cdroms = drivesOf(come).filter(({ drive }) => isCdrom(drive) && !isCloudInit(drive));
  const added = cdroms.map(({ slot }) => slot).filter((slot) => !before.includes(slot));
  const after = [...before.filter((device) => !gone.includes(device)), ...added];
  return after.join() === before.join() ? undefined : `order=${after.join(';')}`;
}

function rank(slot: string): number {
  const [, bus = '', number] = /^(\D+)(\d+)$/.exec(slot) ?? [];
  return BUSES.indexOf(bus) * 100 + Number(number);
}
