/** Checksums of files that come from outside, before they get a name in a storage. */
import { createHash, getHashes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';

export const CHECKSUM_ALGORITHMS = ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'] as const;

/** Hexadecimal digest of a file; reads it as a stream. */
export async function checksumOf(path: string, algorithm: string): Promise<string> {
  if (!getHashes().includes(algorithm)) throw new Error(`this machine cannot make ${algorithm} checksums`);
  const hash = createHash(algorithm);
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}
