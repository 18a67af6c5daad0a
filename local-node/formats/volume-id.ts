/**
 * Volume identifiers, `storage:name`, of a directory storage, and where each kind of volume lies in it:
 * `local:iso/x.iso` is template/iso/x.iso, `local-lvm:100/vm-100-disk-0.qcow2` is images/100/vm-100-disk-0.qcow2, and
 * `local-lvm:101/subvol-101-disk-0.subvol` is the directory of a container's root file system, and
 * `local-lvm:9000/base-9000-disk-0.qcow2/100/vm-100-disk-0.qcow2` is a linked clone, images/100/vm-100-disk-0.qcow2.
 */
import { join } from 'node:path';
import { ApiError } from '../base/api-error';

export type ContentType = 'images' | 'rootdir' | 'iso' | 'vztmpl' | 'backup' | 'import' | 'snippets';

/** Where a directory storage keeps each kind of volume. */
export const CONTENT_DIRECTORY: Readonly<Record<ContentType, string>> = {
  images: 'images',
  rootdir: 'private',
  iso: 'template/iso',
  vztmpl: 'template/cache',
  backup: 'dump',
  import: 'import',
  snippets: 'snippets',
};

/** Throws an Error in Proxmox VE's words unless the text is a content type. */
export function requireContentType(text: string): asserts text is ContentType {
  if (!Object.hasOwn(CONTENT_DIRECTORY, text)) throw new Error(`invalid content type '${text}'`);
}

export interface VolumeName {
  readonly content: ContentType;
  /** Path below the storage's directory. */
  readonly relativePath: string;
  /** raw, qcow2, iso, ... */
  readonly format: string;
  /** The guest that owns an image, or that a backup is of. */
  readonly vmid?: number;
  /** The base image under a linked clone, below the storage's directory. */
  readonly base?: string;
}

export interface VolumeId {
  readonly storage: string;
  readonly name: string;
}

/** Splits `storage:name`; undefined if there is no storage in it. */
export function splitVolumeId(text: string): VolumeId | undefined {
  const match = /^([a-zA-Z][a-zA-Z0-9\-_.]*[a-zA-Z0-9]):(.+)$/.exec(text);
  return match?.[1] !== undefined && match[2] !== undefined
    ? { storage: match[1], name: match[2] }
    : undefined;
}

const IMAGE = /^(\d+)\/((?:vm|base)-\d+-[a-zA-Z0-9._-]*\.?(raw|qcow2|vmdk|iso))$/;
const LINKED = /^(\d+\/base-\d+-[a-zA-Z0-9._-]+\.(?:raw|qcow2))\/(\d+)\/(vm-\d+-[a-zA-Z0-9._-]+\.(qcow2))$/;
const SUBVOLUME = /^(\d+)\/((?:subvol|basevol)-\d+-[a-zA-Z0-9._-]*\.subvol)$/;
const FILE = /^(iso|vztmpl|backup|import|snippets)\/([^/]+)$/;

/** Throws ApiError 500 in Proxmox VE's words if the name is no volume of a directory storage. */
export function parseVolumeName(name: string): VolumeName {
  const linked = LINKED.exec(name);
  if (linked?.[1] && linked[2] && linked[3]) {
    return {
      content: 'images',
      relativePath: join('images', linked[2], linked[3]),
      format: 'qcow2',
      vmid: Number(linked[2]),
      base: join('images', linked[1]),
    };
  }
  const image = IMAGE.exec(name);
  if (image?.[1] && image[2] && image[3]) {
    return {
      content: 'images',
      relativePath: join('images', image[1], image[2]),
      format: image[3],
      vmid: Number(image[1]),
    };
  }
  const subvolume = SUBVOLUME.exec(name);
  if (subvolume?.[1] && subvolume[2]) {
    return {
      content: 'rootdir',
      relativePath: join('images', subvolume[1], subvolume[2]),
      format: 'subvol',
      vmid: Number(subvolume[1]),
    };
  }
  const file = FILE.exec(name);
  const content = file?.[1] as ContentType | undefined;
  if (content && file?.[2] && file[2] !== '.' && file[2] !== '..' && fileNameFits(content, file[2])) {
    const vmid = content === 'backup' ? BACKED_UP.exec(file[2])?.[2] : undefined;
    return {
      content,
      relativePath: join(CONTENT_DIRECTORY[content], file[2]),
      format: fileFormat(content, file[2]),
      ...(vmid === undefined ? {} : { vmid: Number(vmid) }),
    };
  }
  throw new ApiError(500, `unable to parse directory volume name '${name}'`);
}

const BACKUP = /\.(tgz|(?:tar|vma)(?:\.(?:gz|lzo|zst|bz2))?)$/;
const BACKED_UP = /^vzdump-(lxc|openvz|qemu)-([1-9]\d{2,8})-/;

/** What a backup's name says it is of. */
export function backupKind(fileName: string): string {
  return BACKED_UP.exec(fileName)?.[1] ?? 'unknown';
}

const FILE_NAMES: Partial<Record<ContentType, RegExp>> = {
  iso: /\.(iso|img)$/i,
  vztmpl: /\.tar\.(gz|xz|zst)$/i,
  import: /\.(qcow2|raw|vmdk|ova|ovf)$/i,
  backup: BACKUP,
};

/** Does the file's extension suit the content type? */
export function fileNameFits(content: ContentType, fileName: string): boolean {
  return FILE_NAMES[content]?.test(fileName) ?? true;
}

function fileFormat(content: ContentType, fileName: string): string {
  if (content === 'iso') return 'iso';
  if (content === 'snippets') return 'snippet';
  if (content === 'vztmpl') return `t${/\.tar\.(\w+)$/.exec(fileName)?.[1]}`;
  if (content === 'backup') return BACKUP.exec(fileName)?.[1] ?? 'raw';
  return /\.(\w+)$/.exec(fileName)?.[1] ?? 'raw';
}

/** Names of uploaded files: white space becomes "_", a directory in front is dropped, as Proxmox VE does it. */
export function safeFileName(fileName: string): string {
  return (fileName.split(/[/\\]/).pop() ?? '').replace(/[^-a-zA-Z0-9_.+=@~]/g, '_');
}
