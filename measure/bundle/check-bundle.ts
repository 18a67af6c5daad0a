import { createHash } from 'node:crypto';
import { analyse } from '../analyse/summary';
import { renderTerminal } from '../report/terminal/terminal';
import { renderFiles } from '../report/write-report';
import { readRawRun } from '../run/raw-run';
import type { BundleLimits } from './bundle-entries';
import { unpackBundle } from './read-bundle';

/** A file that was drawn again: whether it has the bytes of that in the bundle; null = the bundle has none. */
export interface DrawnFile {
  readonly file: string;
  readonly same: boolean | null;
}

export interface BundleCheck {
  readonly files: number;
  readonly bytes: number;
  readonly faults: readonly string[];
  /** Empty where there are faults: nothing is drawn of what cannot be trusted. */
  readonly drawn: readonly DrawnFile[];
  /** The main figures, for a terminal; null likewise. */
  readonly text: string | null;
}

/**
 * Whether a bundle is as it was written, and whether its raw data gives the same results and report here. It is unpacked
 * into `directory`, which must be empty, and nothing else is needed. Throws RawDataFault where what it holds is no run.
 */
export async function checkBundle(
  file: string,
  directory: string,
  limits?: BundleLimits,
): Promise<BundleCheck> {
  const { hashes, bytes, faults } = await unpackBundle(file, directory, limits);
  if (faults.length > 0) return { files: hashes.size, bytes, faults, drawn: [], text: null };
  const raw = readRawRun(directory);
  const analysis = analyse(raw);
  const drawn = Object.entries(renderFiles(raw, analysis)).map(([name, text]) => {
    const listed = hashes.get(name);
    const own = createHash('sha256').update(text).digest('hex');
    return { file: name, same: listed === undefined ? null : listed === own };
  });
  return { files: hashes.size, bytes, faults, drawn, text: renderTerminal(analysis.summary) };
}
