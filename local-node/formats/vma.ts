/**
 * VMA, Proxmox VE's archive of a virtual machine, version 1, after vma_spec.txt of its QEMU: a header with the
 * configuration and the table of disks, then extents of up to 59 clusters of 64 KiB each, in which blocks of 4 KiB that
 * hold nothing but zeros are left out. Numbers are big-endian but for the lengths of blobs.
 */
import { createHash } from 'node:crypto';

export const CLUSTER_BYTES = 65_536;
export const BLOCK_BYTES = 4096;
const BLOCKS = CLUSTER_BYTES / BLOCK_BYTES;
export const EXTENT_CLUSTERS = 59;
export const EXTENT_HEADER_BYTES = 512;

const HEADER_BYTES = 12_288;
const MAGIC = Buffer.from('VMA\0');
const EXTENT_MAGIC = Buffer.from('VMAE');
const VERSION = 1;
const ENTRIES = 256;
/** A header that is larger is none: Proxmox VE's own has room for a few short configurations. */
const LARGEST_HEADER = 16 * 1024 ** 2;

/** Places of the fields in the header, bytes. */
const AT = {
  version: 4,
  uuid: 8,
  ctime: 24,
  md5: 32,
  blobOffset: 48,
  blobBytes: 52,
  headerBytes: 56,
  configNames: 2044,
  configData: 3068,
  devices: 4096,
} as const;
const DEVICE_BYTES = 32;

/** A disk of the archive; `id` stands in its clusters. */
export interface VmaDevice {
  readonly id: number;
  /** For example drive-scsi0. */
  readonly name: string;
  readonly bytes: number;
}

export interface VmaHeader {
  readonly uuid: Buffer;
  /** Seconds since the epoch. */
  readonly ctime: number;
  /** Configuration files by name, for example qemu-server.conf. */
  readonly configs: ReadonlyMap<string, string>;
  readonly devices: readonly VmaDevice[];
}

/** Which blocks of a cluster an extent holds; bit 0 of `mask` is its first. */
export interface VmaCluster {
  readonly device: number;
  readonly index: number;
  readonly mask: number;
}

export function vmaHeader({ uuid, ctime, configs, devices }: VmaHeader): Buffer {
  if (configs.size > ENTRIES || devices.some(({ id }) => id < 1 || id >= ENTRIES))
    throw new Error('a VMA archive has room for 255 disks and 256 files');
  // An offset of 0 means "none", so that the first byte stays free.
  const blobs: Buffer[] = [Buffer.alloc(1)];
  let offset = 1;
  const blob = (content: Buffer): number => {
    const length = Buffer.alloc(2);
    length.writeUInt16LE(content.length);
    const at = offset;
    blobs.push(length, content);
    offset += 2 + content.length;
    return at;
  };
  const head = Buffer.alloc(HEADER_BYTES);
  for (const [index, [name, text]] of [...configs].entries()) {
    head.writeUInt32BE(blob(Buffer.from(`${name}\0`)), AT.configNames + 4 * index);
    head.writeUInt32BE(blob(Buffer.from(text)), AT.configData + 4 * index);
  }
  for (const { id, name, bytes } of devices) {
    const at = AT.devices + DEVICE_BYTES * id;
    head.writeUInt32BE(blob(Buffer.from(`${name}\0`)), at);
    head.writeBigUInt64BE(BigInt(bytes), at + 8);
  }
  const padded = Math.ceil((HEADER_BYTES + offset) / 512) * 512;
  const whole = Buffer.concat([head, ...blobs], padded);
  MAGIC.copy(whole);
  whole.writeUInt32BE(VERSION, AT.version);
  uuid.copy(whole, AT.uuid, 0, 16);
  whole.writeBigInt64BE(BigInt(ctime), AT.ctime);
  whole.writeUInt32BE(HEADER_BYTES, AT.blobOffset);
  whole.writeUInt32BE(padded - HEADER_BYTES, AT.blobBytes);
  whole.writeUInt32BE(padded, AT.headerBytes);
  createHash('md5').update(whole).digest().copy(whole, AT.md5);
  return whole;
}

/** How many bytes the header that begins so has; throws if it is none. */
export function vmaHeaderBytes(start: Buffer): number {
  if (start.length < AT.headerBytes + 4 || !start.subarray(0, 4).equals(MAGIC))
    throw new Error('not a VMA archive');
  const version = start.readUInt32BE(AT.version);
  if (version !== VERSION) throw new Error(`VMA archives of version ${version} are not known`);
  const bytes = start.readUInt32BE(AT.headerBytes);
  if (bytes <= HEADER_BYTES || bytes > LARGEST_HEADER)
    throw new Error('the header of the VMA archive is damaged');
  return bytes;
}

/** Reads a whole header. Throws if its sum is not right. */
export function readVmaHeader(header: Buffer): VmaHeader {
  requireSum(header, AT.md5, 'the header of the VMA archive is damaged');
  const blobAt = header.readUInt32BE(AT.blobOffset);
  const blob = (offset: number): Buffer => {
    const at = blobAt + offset;
    return header.subarray(at + 2, at + 2 + header.readUInt16LE(at));
  };
  const name = (offset: number) => blob(offset).toString('utf8').replace(/\0$/, '');
  const configs = new Map<string, string>();
  const devices: VmaDevice[] = [];
  for (let index = 0; index < ENTRIES; index += 1) {
    const named = header.readUInt32BE(AT.configNames + 4 * index);
    if (named !== 0)
      configs.set(name(named), blob(header.readUInt32BE(AT.configData + 4 * index)).toString('utf8'));
    const at = AT.devices + DEVICE_BYTES * index;
    const device = header.readUInt32BE(at);
    if (index > 0 && device !== 0)
      devices.push({ id: index, name: name(device), bytes: Number(header.readBigUInt64BE(at + 8)) });
  }
  const ctime = Number(header.readBigInt64BE(AT.ctime));
  return { uuid: Buffer.from(header.subarray(AT.uuid, AT.uuid + 16)), ctime, configs, devices };
}

export function vmaExtentHeader(uuid: Buffer, clusters: readonly VmaCluster[]): Buffer {
  const head = Buffer.alloc(EXTENT_HEADER_BYTES);
  EXTENT_MAGIC.copy(head);
  head.writeUInt16BE(
    clusters.reduce((sum, { mask }) => sum + bitsOf(mask), 0),
    6,
  );
  uuid.copy(head, 8, 0, 16);
  for (const [place, { device, index, mask }] of clusters.entries()) {
    const at = 40 + 8 * place;
    head.writeUInt16BE(mask, at);
    head.writeUInt8(device, at + 3);
    head.writeUInt32BE(index, at + 4);
  }
  createHash('md5').update(head).digest().copy(head, 24);
  return head;
}

/** The clusters of an extent, in the order in which their blocks follow. Throws if it is damaged or another archive's. */
export function readVmaExtent(head: Buffer, uuid: Buffer): VmaCluster[] {
  if (!head.subarray(0, 4).equals(EXTENT_MAGIC) || !head.subarray(8, 24).equals(uuid))
    throw new Error('an extent of the VMA archive is damaged');
  requireSum(head, 24, 'an extent of the VMA archive is damaged');
  const clusters: VmaCluster[] = [];
  for (let place = 0; place < EXTENT_CLUSTERS; place += 1) {
    const at = 40 + 8 * place;
    const device = head.readUInt8(at + 3);
    if (device === 0) continue;
    clusters.push({ device, index: head.readUInt32BE(at + 4), mask: head.readUInt16BE(at) });
  }
  return clusters;
}

/** Bytes that follow the header of an extent. */
export function blocksOf({ mask }: VmaCluster): number {
  return bitsOf(mask) * BLOCK_BYTES;
}

const ZEROS = Buffer.alloc(CLUSTER_BYTES);

/** Which blocks of a cluster hold something; `cluster` has CLUSTER_BYTES. */
export function maskOf(cluster: Buffer): number {
  if (cluster.equals(ZEROS)) return 0;
  let mask = 0;
  for (let block = 0; block < BLOCKS; block += 1) {
    const at = block * BLOCK_BYTES;
    if (cluster.compare(ZEROS, 0, BLOCK_BYTES, at, at + BLOCK_BYTES) !== 0) mask |= 1 << block;
  }
  return mask;
}

function bitsOf(mask: number): number {
  let bits = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) bits += 1;
  return bits;
}

function requireSum(content: Buffer, at: number, fault: string): void {
  const copy = Buffer.from(content);
  copy.fill(0, at, at + 16);
  if (
    !createHash('md5')
      .update(copy)
      .digest()
      .equals(content.subarray(at, at + 16))
  )
    throw new Error(fault);
}
