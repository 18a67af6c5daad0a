/**
 * Disk images of simulated guests: files with a true header and no data. A qcow2 file is its header alone, a raw file
 * is a hole of its size, so that size, format and backing file read as those of any image.
 */
import { open, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { writeAll, writeWholeFile } from '../../../machine/whole-file';
import type { DiskFormat } from '../guest-engine';

export interface ImageInfo {
  readonly virtualBytes: number;
  readonly usedBytes: number;
  readonly format: string;
  readonly backingFile?: string;
}

/** Field places of the qcow2 header, version 3, after QEMU's docs/interop/qcow2.txt. */
const HEADER_BYTES = 112;
const MAGIC = 0x514649fb;

/** Makes an image that is whole or absent at any moment. */
export async function writeImage(
  path: string,
  format: DiskFormat,
  virtualBytes: number,
  backingFile?: string,
): Promise<void> {
  const temporary = `${path}.tmp`;
  try {
    if (format === 'raw') {
      await writeFile(temporary, '');
      await truncate(temporary, virtualBytes);
    } else {
      await writeFile(temporary, qcow2Header(virtualBytes, backingFile));
    }
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Throws if there is no such file or it says qcow2 and is too short for it. */
export async function readImage(path: string): Promise<ImageInfo> {
  const { size, blocks } = await stat(path);
  const usedBytes = blocks * 512;
  const file = await open(path);
  try {
    const header = Buffer.alloc(HEADER_BYTES);
    const { bytesRead } = await file.read(header, 0, HEADER_BYTES, 0);
    if (bytesRead < 4 || header.readUInt32BE(0) !== MAGIC)
      return { virtualBytes: size, usedBytes, format: 'raw' };
    if (bytesRead < 32) throw new Error(`${path}: qcow2 header is cut off`);
    const nameAt = Number(header.readBigUInt64BE(8));
    const name = Buffer.alloc(nameAt === 0 ? 0 : header.readUInt32BE(16));
    await file.read(name, 0, name.length, nameAt);
    return {
      virtualBytes: Number(header.readBigUInt64BE(24)),
      usedBytes,
      format: 'qcow2',
      ...(name.length > 0 ? { backingFile: name.toString('utf8') } : {}),
    };
  } finally {
    await file.close();
  }
}

/** A cloud-init drive of a simulated guest: the header of an image of that size, if it is qcow2, and a text. */
export async function writeCloudInitImage(path: string, virtualBytes: number, text: string): Promise<void> {
  const qcow2 = path.endsWith('.qcow2');
  const content = qcow2 ? Buffer.concat([qcow2Header(virtualBytes), Buffer.from(text)]) : text;
  await writeWholeFile(path, content, { mode: 0o600 });
}

export async function cloudInitText(path: string): Promise<string> {
  const content = await readFile(path);
  const text = content.length >= 4 && content.readUInt32BE(0) === MAGIC ? HEADER_BYTES : 0;
  return content.toString('utf8', text);
}

export async function resizeImage(path: string, bytes: number): Promise<void> {
  const { format } = await readImage(path);
  if (format === 'raw') return truncate(path, bytes);
  const file = await open(path, 'r+');
  try {
    const size = Buffer.alloc(8);
    size.writeBigUInt64BE(BigInt(bytes));
    await writeAll(file, size, 24);
  } finally {
    await file.close();
  }
}

function qcow2Header(virtualBytes: number, backingFile = ''): Buffer {
  const name = Buffer.from(backingFile, 'utf8');
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32BE(MAGIC, 0);
  header.writeUInt32BE(3, 4);
  header.writeBigUInt64BE(name.length > 0 ? BigInt(HEADER_BYTES) : 0n, 8);
  header.writeUInt32BE(name.length, 16);
  header.writeUInt32BE(16, 20); // clusters of 64 KiB
  header.writeBigUInt64BE(BigInt(virtualBytes), 24);
  header.writeUInt32BE(4, 96); // reference counts of 16 bits
  header.writeUInt32BE(104, 100);
  return Buffer.concat([header, name]);
}

/** What a simulated disk was at a snapshot, and for how long its guest had run, seconds, if its memory is kept. */
export interface SimulatedSnapshot {
  readonly virtualBytes: number;
  readonly memory?: { readonly uptime: number; readonly files: Readonly<Record<string, string>> };
}

/** Snapshots stand behind the header, which QEMU would take for data that nothing refers to. */
export async function readSnapshots(path: string): Promise<Map<string, SimulatedSnapshot>> {
  const content = await readFile(path);
  const text = content.toString('utf8', headerBytes(content));
  return new Map(text === '' ? [] : (JSON.parse(text) as [string, SimulatedSnapshot][]));
}

export async function writeSnapshots(
  path: string,
  snapshots: ReadonlyMap<string, SimulatedSnapshot>,
): Promise<void> {
  const content = await readFile(path);
  const text = snapshots.size === 0 ? '' : JSON.stringify([...snapshots]);
  await writeWholeFile(path, Buffer.concat([content.subarray(0, headerBytes(content)), Buffer.from(text)]), {
    mode: 0o600,
  });
}

/** Throws for a raw disk, which has no place for any. */
function headerBytes(content: Buffer): number {
  if (content.length < HEADER_BYTES || content.readUInt32BE(0) !== MAGIC)
    throw new Error('a raw disk keeps no snapshots');
  return HEADER_BYTES + content.readUInt32BE(16);
}
