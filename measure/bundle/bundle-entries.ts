import { type Entry, getFileNameLowLevel, validateFileName, type ZipFile } from 'yauzl';
import { GIB } from '../../machine/disk-space';

/** What a bundle may be. A run of the full plan has some hundred files; captures decide its bytes. */
export interface BundleLimits {
  /** @default 100,000 */
  readonly entries?: number;
  /** Of all files together, unpacked. @default 64 GiB */
  readonly bytes?: number;
  /** Unpacked against packed bytes of a file. Counters of a quiet node pack to a fiftieth. @default 400 */
  readonly ratio?: number;
}

const limitsByDefault = { entries: 100_000, bytes: 64 * GIB, ratio: 400 };
/** A small file may pack better: a page of zeros does no harm. */
const RATIO_COUNTS_FROM = 2 ** 20;

export interface FoundEntries {
  /** Those that can be read, by path. */
  readonly entries: ReadonlyMap<string, Entry>;
  readonly faults: readonly string[];
  /** More entries or bytes than the limits: nothing of it is to be unpacked. */
  readonly isTooLarge: boolean;
}

/**
 * Reads the list of a zip's entries and finds all that is wrong with it; nothing is unpacked. Sizes are those that the zip
 * claims: yauzl ends a file that has another.
 */
export async function findEntries(archive: ZipFile, limits: BundleLimits = {}): Promise<FoundEntries> {
  const { entries: most, bytes, ratio } = { ...limitsByDefault, ...limits };
  const entries = new Map<string, Entry>();
  const faults: string[] = [];
  let total = 0;
  if (archive.entryCount > most) {
    return { entries, faults: [`the zip has ${archive.entryCount} entries, over ${most}`], isTooLarge: true };
  }
  try {
    for await (const entry of archive.eachEntry()) see(entry);
  } catch (error) {
    // Its list of entries is broken, or ends early.
    faults.push(`the zip cannot be read further: ${(error as Error).message}`);
  }
  const isTooLarge = total > bytes;
  if (isTooLarge) faults.push(`all files together claim ${total} bytes, over ${bytes}`);
  return { entries, faults, isTooLarge };

  function see(entry: Entry): void {
    // Decoded here, so that one bad name does not hide the faults of the other entries.
    const path = nameOf(entry);
    if (path.endsWith('/')) return;
    const fault = faultOf(entry, path, ratio);
    if (fault) faults.push(`${printable(path)}: ${fault}`);
    else if (entries.has(path)) faults.push(`${printable(path)}: is in the zip twice`);
    else entries.set(path, entry);
    total += entry.uncompressedSize;
  }
}

/** With decodeStrings: false, which the types of yauzl know nothing of, names are bytes. */
function nameOf({ generalPurposeBitFlag, fileNameRaw, extraFields }: Entry): string {
  return getFileNameLowLevel(generalPurposeBitFlag, fileNameRaw, extraFields, true);
}

function faultOf(entry: Entry, path: string, ratio: number): string | undefined {
  const name = validateFileName(path);
  if (name !== null) return `its name leads out of the bundle (${name.split(':')[0]})`;
  if (hasControls(path) || path.split('/').some((part) => part === '' || part === '.')) {
    return 'its name is no plain path';
  }
  // The upper half is the file's mode on the system that made the zip, where that was Unix.
  const kind = (entry.externalFileAttributes >>> 16) & 0o170000;
  if (kind === 0o120000) return 'is a symbolic link';
  if (kind !== 0 && kind !== 0o100000) return 'is no plain file';
  if (entry.isEncrypted()) return 'is encrypted';
  if (!entry.canDecodeFileData()) return `is packed by method ${entry.compressionMethod}, which is unknown`;
  if (entry.uncompressedSize > RATIO_COUNTS_FROM && entry.uncompressedSize > ratio * entry.compressedSize) {
    return `unpacks to over ${ratio} times its size`;
  }
  return undefined;
}

function hasControls(path: string): boolean {
  return /\p{Cc}/u.test(path);
}

/** Somebody else's name on this terminal. */
export function printable(path: string): string {
  return path.replace(/\p{Cc}/gu, (control) => `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
