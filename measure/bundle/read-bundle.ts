import { createHash } from 'node:crypto';
import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { InputError } from '../../config/input-error';
import { freeBytes } from '../../machine/disk-space';
import { type BundleLimits, findEntries, printable } from './bundle-entries';
import { type Hashes, MANIFEST, readManifest } from './manifest';

/** Longer than any list of what a bundle may hold. */
const LONGEST_MANIFEST = 32 * 2 ** 20;

export interface UnpackedBundle {
  /** As listed, by path. */
  readonly hashes: Hashes;
  readonly bytes: number;
  /** All that is wrong, each with its file. Where there is any, what was unpacked is not to be used. */
  readonly faults: readonly string[];
}

/**
 * Unpacks a bundle into an empty directory and holds every file to its listed SHA-256. A bundle is somebody else's file:
 * only plain files of plain names are written, none over another, and no more than the limits allow.
 */
export async function unpackBundle(
  file: string,
  directory: string,
  limits?: BundleLimits,
): Promise<UnpackedBundle> {
  const archive = await openZip(file);
  try {
    const { entries, faults: ofEntries, isTooLarge } = await findEntries(archive, limits);
    const bytes = [...entries.values()].reduce((sum, { uncompressedSize }) => sum + uncompressedSize, 0);
    const listed = entries.get(MANIFEST);
    if (!listed) {
      return { hashes: new Map(), bytes, faults: [...ofEntries, `${MANIFEST}: is not in the zip`] };
    }
    if (isTooLarge || listed.uncompressedSize > LONGEST_MANIFEST) {
      return { hashes: new Map(), bytes, faults: [...ofEntries, 'nothing is unpacked'] };
    }
    requireSpace(directory, bytes);
    const { hashes, faults } = await manifestOf(archive, listed);
    const found: string[] = [...ofEntries, ...faults];
    for (const path of hashes.keys()) {
      if (!entries.has(path)) found.push(`${printable(path)}: is listed, and cannot be had from the zip`);
    }
    for (const [path, entry] of entries) {
      const wanted = hashes.get(path);
      if (path === MANIFEST) {
        // It cannot list itself; kept, so that what is unpacked can be checked again.
        await unpack(archive, entry, join(directory, path), null);
        continue;
      }
      if (wanted === undefined) {
        found.push(`${printable(path)}: is not listed in ${MANIFEST}`);
        continue;
      }
      const fault = await unpack(archive, entry, join(directory, path), wanted);
      if (fault) found.push(`${printable(path)}: ${fault}`);
    }
    return { hashes, bytes, faults: found };
  } finally {
    archive.close();
  }
}

async function openZip(file: string): Promise<ZipFile> {
  try {
    return await openPromise(file, { autoClose: false, decodeStrings: false });
  } catch (cause) {
    throw new InputError(`${file} is no bundle: ${(cause as Error).message}`, { cause });
  }
}

function requireSpace(directory: string, bytes: number): void {
  const free = freeBytes(directory);
  if (bytes <= free) return;
  throw new InputError(
    `unpacking the bundle takes ${bytes} bytes, and ${directory} has ${free}; set TMPDIR to a place that has more`,
  );
}

/** What is wrong with the file; undefined = it is what was listed. */
async function unpack(
  archive: ZipFile,
  entry: Entry,
  path: string,
  wanted: string | null,
): Promise<string | undefined> {
  const hash = createHash('sha256');
  try {
    mkdirSync(dirname(path), { recursive: true });
    await pipeline(
      await archive.openReadStreamPromise(entry),
      async function* (source: Readable) {
        for await (const chunk of source) {
          hash.update(chunk);
          yield chunk;
        }
      },
      createWriteStream(path, { flags: 'wx' }),
    );
  } catch (error) {
    if (isOfTheDisk(error)) throw error;
    return `cannot be unpacked: ${(error as Error).message}`;
  }
  return wanted === null || hash.digest('hex') === wanted
    ? undefined
    : 'is not the file that was listed: its SHA-256 differs';
}

/** A full disk is no fault of the bundle. */
function isOfTheDisk(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT', 'EIO', 'EROFS', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '');
}

async function manifestOf(archive: ZipFile, entry: Entry): Promise<ReturnType<typeof readManifest>> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of await archive.openReadStreamPromise(entry)) chunks.push(chunk as Buffer);
  } catch (error) {
    return { hashes: new Map(), faults: [`${MANIFEST}: cannot be unpacked: ${(error as Error).message}`] };
  }
  return readManifest(Buffer.concat(chunks).toString('utf8'));
}
