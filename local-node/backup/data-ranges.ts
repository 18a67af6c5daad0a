import { run } from '../../machine/command';

/** A part of a raw image that is no hole, bytes from its beginning. */
export interface DataRange {
  readonly from: number;
  readonly to: number;
}

interface MapEntry {
  readonly start: number;
  readonly length: number;
  readonly zero: boolean;
}

/** What of a raw image is no hole: most of a disk is one, and need not be read. The whole where that cannot be told. */
export async function dataRanges(path: string, bytes: number): Promise<DataRange[]> {
  try {
    const text = await run(['qemu-img', 'map', '-f', 'raw', '--output=json', path]);
    const entries = JSON.parse(text) as readonly MapEntry[];
    return entries.flatMap(({ start, length, zero }) => (zero ? [] : [{ from: start, to: start + length }]));
  } catch {
    return [{ from: 0, to: bytes }];
  }
}
