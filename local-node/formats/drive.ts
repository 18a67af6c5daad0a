/** Disks and CD-ROMs in a guest's configuration: `scsi0: local-lvm:100/vm-100-disk-0.qcow2,discard=on,size=8G`. */

import { propertyFormat } from './call-parameters';
import { volumeId } from './option-formats';
import { parsePropertyString, printProperties } from './property-string';
import {
  indexed,
  type ParameterSchema,
  type ParameterValue,
  type PropertyFormat,
  type PropertyValues,
  type StringSchema,
} from './schema';

const text: StringSchema = { type: 'string', optional: true };
const flag = { type: 'boolean', optional: true } as const;
const count = { type: 'integer', optional: true, minimum: 0 } as const;
const choice = (...values: string[]): StringSchema => ({ type: 'string', optional: true, enum: values });
const rate = { type: 'number', optional: true, minimum: 0 } as const;

/** What Proxmox VE knows of drives, of any bus. */
const KNOWN = ['ide', 'scsi', 'virtio', 'sata'].flatMap((bus) => {
  const { keys, aliases } = propertyFormat(bus);
  return Object.keys({ ...keys, ...aliases });
});

const DRIVE: PropertyFormat = {
  refused: KNOWN,
  defaultKey: 'file',
  aliases: { volume: 'file' },
  keys: {
    file: { type: 'string' },
    'import-from': text,
    aio: choice('native', 'threads', 'io_uring'),
    backup: flag,
    cache: choice('none', 'writethrough', 'writeback', 'unsafe', 'directsync'),
    detect_zeroes: flag,
    discard: choice('ignore', 'on'),
    format: choice('raw', 'qcow2', 'vmdk', 'qed', 'qcow', 'cow', 'cloop'),
    iops: count,
    iops_rd: count,
    iops_wr: count,
    iothread: flag,
    mbps: rate,
    mbps_max: rate,
    mbps_rd: rate,
    mbps_rd_max: rate,
    mbps_wr: rate,
    mbps_wr_max: rate,
    media: choice('cdrom', 'disk'),
    queues: count,
    replicate: flag,
    rerror: choice('ignore', 'report', 'stop'),
    ro: flag,
    scsiblock: flag,
    serial: text,
    shared: flag,
    size: { type: 'string', optional: true, pattern: /^\d+(\.\d+)?[KMGT]?$/ },
    snapshot: flag,
    ssd: flag,
    werror: choice('enospc', 'ignore', 'report', 'stop'),
    wwn: text,
  },
};

const BUSES = { ide: 4, scsi: 31, virtio: 16, sata: 6 } as const;
const SLOT = /^(ide|scsi|virtio|sata)\d+$/;

export function isDriveSlot(option: string): boolean {
  return SLOT.test(option);
}

/** Does the option name a disk that the guest owns and does not use, unused0 ... unused255? */
export function isUnusedDisk(option: string): boolean {
  return /^unused\d+$/.test(option);
}

/** The first of unused0, unused1, ... that is free. */
export function freeUnusedDisk(options: ReadonlyMap<string, unknown>): string {
  let index = 0;
  while (options.has(`unused${index}`)) index += 1;
  return `unused${index}`;
}

/** Parameters ide0 ... sata5, and unused0 ... unused255. */
export const DRIVE_PARAMETERS: Readonly<Record<string, ParameterSchema>> = {
  ...Object.assign(
    {},
    ...Object.entries(BUSES).map(([bus, slots]) =>
      indexed(bus, slots, { type: 'string', parse: parseDrive }),
    ),
  ),
  ...indexed('unused', 256, { type: 'string', format: volumeId }),
};

export type Drive = PropertyValues & { readonly file: string };

export function isDrive(value: ParameterValue): value is Drive {
  return typeof value === 'object' && 'file' in value;
}

/** `path` names the drive in errors. */
export function parseDrive(text: string, path = ''): Drive {
  const drive = parsePropertyString(DRIVE, text, path);
  return { ...drive, file: String(drive.file) };
}

/** The volume first, then the properties by name, as Proxmox VE prints a drive. */
export function printDrive(drive: Drive): string {
  const { file, ...rest } = drive;
  return [file, ...printProperties(rest)].join(',');
}

export function isCdrom(drive: Drive): boolean {
  return drive.media === 'cdrom';
}

/** Is the volume the guest's cloud-init drive? */
export function isCloudInit(drive: Drive): boolean {
  return /(^|[:/])(vm-\d+-)?cloudinit(\.\w+)?$/.test(drive.file);
}

/** A drive that a request asks the node to make, `storage:size` or `storage:cloudinit`. */
export type NewVolume =
  | { readonly kind: 'cloudinit'; readonly storage: string }
  | { readonly kind: 'disk'; readonly storage: string; readonly bytes: number };

/** Undefined if the drive names a volume that exists, or none. */
export function newVolumeOf(drive: Drive): NewVolume | undefined {
  const match = /^([a-zA-Z][\w.-]*):(?:(cloudinit)|(\d+(?:\.\d+)?))$/.exec(drive.file);
  if (match?.[1] === undefined) return undefined;
  if (match[2]) return { kind: 'cloudinit', storage: match[1] };
  return { kind: 'disk', storage: match[1], bytes: Math.round(Number(match[3]) * 1024 ** 3) };
}

const UNITS: Readonly<Record<string, number>> = { '': 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 };

/** Bytes of 8G, 512M, 1.5T or a plain number. Throws if it is no size. */
export function parseSize(value: string): number {
  const match = /^(\d+(?:\.\d+)?)([KMGT]?)$/.exec(value);
  const unit = UNITS[match?.[2] ?? ''];
  if (!match || unit === undefined) throw new Error(`'${value}' is no size`);
  return Math.round(Number(match[1]) * unit);
}

/** The shortest whole number with its unit: 8G, 1536M, 512. */
export function printSize(bytes: number): string {
  for (const unit of ['T', 'G', 'M', 'K']) {
    const factor = UNITS[unit] ?? 1;
    if (bytes > 0 && bytes % factor === 0) return `${bytes / factor}${unit}`;
  }
  return String(bytes);
}
