/** Checks of files that come from outside, before they get a name in a storage. */
import { createHash, getHashes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';

export const CHECKSUM_ALGORITHMS = ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'] as const;

/** Hexadecimal digest of a file; reads it as a stream. */
export async function checksumOf(path: string, algorithm: string): Promise<string> {
  if (!getHashes().includes(algorithm)) throw new Error(`this machine cannot make ${algorithm} checksums`);
  const hash = createHash(algorithm);
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}

/**
 * Refuses an import image that is not what its name says, or that refers to other files: a backing file or an
 * external data file would let whoever uploads an image read any file of the node through a guest.
 * Raw images have no form to check. Throws in QEMU's words.
 */
export async function verifyImportImage(path: string, fileName: string): Promise<void> {
  if (!fileName.endsWith('.qcow2')) return;
  const header = Buffer.alloc(104);
  const file = await open(path);
  try {
    await file.read(header, 0, header.length, 0);
  } finally {
    await file.close();
  }
  if (header.toString('latin1', 0, 4) !== 'QFI\xfb') {
    throw new Error(`qemu-img: Could not open '${path}': Image is not in qcow2 format`);
  }
  const version = header.readUInt32BE(4);
  const hasBackingFile = header.readBigUInt64BE(8) !== 0n;
  // Bit 2 of the incompatible features of version 3: the data is in another file.
  const hasDataFile = version >= 3 && (header.readBigUInt64BE(72) & 4n) !== 0n;
  if (hasBackingFile || hasDataFile) {
    throw new Error(
      `'${fileName}' refers to another file, which is not allowed; flatten it with qemu-img convert`,
    );
  }
}
