import { statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freeBytes } from '../../machine/disk-space';

it('tells the free space of a directory that is yet to be made by the one that will hold it', () => {
  const { bavail, bsize } = statfsSync(tmpdir());
  const free = freeBytes(join(tmpdir(), 'not-there', 'nor-this'));
  // Others write at the same time.
  expect(Math.abs(free - bavail * bsize)).toBeLessThan(0.1 * bavail * bsize);
});
