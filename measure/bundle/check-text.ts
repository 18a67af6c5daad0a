import { plural } from '../report/document/format';
import type { BundleCheck, DrawnFile } from './check-bundle';

/** What a check has found, for a terminal. */
export function renderCheck(name: string, { files, bytes, faults, drawn, text }: BundleCheck): string {
  if (faults.length > 0) {
    const lines = faults.map((fault) => `  ${fault}`).join('\n');
    return `${name} is not as it was written: ${plural(faults.length, 'fault')}.\n${lines}`;
  }
  const size = `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  const width = Math.max(...drawn.map(({ file }) => file.length));
  const results = drawn.map((each) => `  ${each.file.padEnd(width)}  ${verdict(each)}`).join('\n');
  const why = drawn.some(({ same }) => same !== true) ? `\n${anotherVersion}` : '';
  return `${text}\n\n${name}: ${plural(files, 'file')} (${size}), all with the SHA-256 that is listed.\nMade again from the raw data in it:\n${results}${why}`;
}

function verdict({ same }: DrawnFile): string {
  if (same === null) return 'is not in the bundle';
  return same ? 'same bytes' : 'differs';
}

const anotherVersion =
  'Another version of the lab draws another report of the same data; the bundle’s README.md names that which has drawn it.';
