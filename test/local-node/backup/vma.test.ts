import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compressor } from '../../../local-node/backup/compression';
import { extractVma, vmaHeaderOf } from '../../../local-node/backup/vma-reader';
import { type RawDisk, writeVma } from '../../../local-node/backup/vma-writer';
import { readByOther, vmaReaderFault } from './vma-oracle';

const CONFIG = 'name: web\nmemory: 512\n#qmdump#map:scsi0:drive-scsi0:local-lvm:qcow2:\n';
const never = new AbortController().signal;

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'vma-'));
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** A disk of some bytes, in which a few places hold something. */
function disk(id: number, name: string, bytes: number, places: readonly number[]): RawDisk {
  const content = Buffer.alloc(bytes);
  for (const place of places) randomBytes(Math.min(5000, bytes - place)).copy(content, place);
  const path = join(directory, name);
  writeFileSync(path, content);
  return { id, name, path, bytes };
}

/** Across clusters, at the very end, in the last block of one, and with a last cluster that is not whole. */
function disks(): RawDisk[] {
  const odd = 64 * 1024 * 61 + 3 * 512;
  return [
    disk(1, 'drive-scsi0', 9 * 1024 ** 2, [0, 65_000, 61_440 + 4096 * 7, 5 * 1024 ** 2]),
    disk(2, 'drive-virtio1', odd, [odd - 700]),
  ];
}

async function write(name: string, compression: 'zstd' | 'gzip' | '0', given = disks()): Promise<string> {
  const path = join(directory, name);
  await writeVma(
    path,
    { ctime: 1_795_657_241, config: CONFIG, disks: given },
    { compressor: compressor(compression), signal: never, progress: () => undefined },
  );
  return path;
}

function sum(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

test('an independent reader finds the configuration and every byte of the disks', async () => {
  const fault = await vmaReaderFault();
  if (fault !== undefined) {
    console.log(`not compared with an independent reader of VMA: ${fault}`);
    return;
  }
  const given = disks();
  const read = await readByOther(await write('archive.vma', '0', given));
  expect(read).toMatchObject({ version: 1, ctime: 1_795_657_241, config: CONFIG });
  const sums = Object.fromEntries(given.map(({ name, path, bytes }) => [name, { bytes, sum: sum(path) }]));
  expect(read.disks).toEqual(sums);
}, 200_000);

test.each(['0', 'gzip', 'zstd'] as const)(
  'what is written with compression %s is read back',
  async (kind) => {
    const given = disks();
    const path = await write({ 0: 'a.vma', gzip: 'a.vma.gz', zstd: 'a.vma.zst' }[kind], kind, given);
    expect(await vmaHeaderOf(path)).toMatchObject({
      ctime: 1_795_657_241,
      configs: new Map([['qemu-server.conf', CONFIG]]),
      devices: given.map(({ id, name, bytes }) => ({ id, name, bytes })),
    });
    const places = new Map(given.map(({ id }) => [id, join(directory, `out-${id}`)]));
    await extractVma(path, async () => places, { signal: never, progress: () => undefined });
    for (const { id, path: source } of given) expect(sum(places.get(id) ?? '')).toBe(sum(source));
  },
);

test('what is zero takes no room in the archive and becomes a hole', async () => {
  const empty = disk(1, 'drive-scsi0', 32 * 1024 ** 2, [1024 ** 2]);
  const path = await write('sparse.vma', '0', [empty]);
  expect(statSync(path).size).toBeLessThan(64 * 1024);
  const place = join(directory, 'out');
  const options = { signal: never, progress: () => undefined };
  await extractVma(path, async () => new Map([[1, place]]), options);
  expect(statSync(place)).toMatchObject({ size: 32 * 1024 ** 2 });
  expect(statSync(place).blocks * 512).toBeLessThan(1024 ** 2);
});

test.each([
  ['cut off in a disk', 200_000, /cut off/],
  ['cut off between two extents', 'extent', /lacks parts/],
  ['cut off in its header', 5000, /cut off/],
])('an archive that is %s is refused', async (_how, length, message) => {
  const path = await write('archive.vma', '0', [disk(1, 'drive-scsi0', 9 * 1024 ** 2, [0, 65_000])]);
  const second = readFileSync(path).lastIndexOf('VMAE');
  truncateSync(path, typeof length === 'number' ? Math.min(length, second - 10) : second);
  const places = new Map([[1, join(directory, 'out')]]);
  const read = extractVma(path, async () => places, { signal: never, progress: () => undefined });
  await expect(read).rejects.toThrow(message);
});

test('an archive in which a bit of the tables has turned is refused', async () => {
  const path = await write('archive.vma', '0');
  const content = readFileSync(path);
  content.writeUInt8(content.readUInt8(content.indexOf('VMAE') + 47) ^ 1, content.indexOf('VMAE') + 47);
  writeFileSync(path, content);
  const places = new Map([1, 2].map((id) => [id, join(directory, `out-${id}`)]));
  const read = extractVma(path, async () => places, { signal: never, progress: () => undefined });
  await expect(read).rejects.toThrow(/damaged/);
});

test('a writing that is stopped ends', async () => {
  const stop = new AbortController();
  const path = join(directory, 'archive.vma.zst');
  const writing = writeVma(
    path,
    { ctime: 0, config: CONFIG, disks: disks() },
    { compressor: compressor('zstd'), signal: stop.signal, progress: () => stop.abort() },
  );
  await expect(writing).rejects.toThrow();
});
