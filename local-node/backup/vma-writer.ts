/** Writes disks, as raw images, into a VMA archive. */
import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { writeWholeFile } from '../../machine/whole-file';
import {
  BLOCK_BYTES,
  blocksOf,
  CLUSTER_BYTES,
  EXTENT_CLUSTERS,
  maskOf,
  type VmaCluster,
  type VmaDevice,
  vmaExtentHeader,
  vmaHeader,
} from '../formats/vma';
import { startFilter } from './compression';
import { dataRanges } from './data-ranges';

export interface RawDisk extends VmaDevice {
  readonly path: string;
}

/** Bytes so far. */
export interface VmaProgress {
  readonly read: number;
  readonly zero: number;
  readonly total: number;
}

export interface VmaContent {
  /** Seconds since the epoch. */
  readonly ctime: number;
  readonly config: string;
  readonly disks: readonly RawDisk[];
}

interface WriteOptions {
  /** Argument vector of what compresses standard input to standard output; undefined = as it is. */
  readonly compressor: readonly string[] | undefined;
  readonly signal: AbortSignal;
  /** Called after each extent; what it throws ends the writing. */
  readonly progress: (progress: VmaProgress) => Promise<void> | void;
}

/** Writes the archive to `path`, which is on disk when this resolves. Returns what it read. */
export async function writeVma(
  path: string,
  content: VmaContent,
  options: WriteOptions,
): Promise<VmaProgress> {
  const { compressor, signal } = options;
  await writeWholeFile(path, '', { mode: 0o600 });
  let last: VmaProgress = { read: 0, zero: 0, total: totalOf(content) };
  const source = Readable.from(
    vmaStream(content, async (progress) => {
      last = progress;
      await options.progress(progress);
    }),
    { objectMode: false, highWaterMark: EXTENT_CLUSTERS * CLUSTER_BYTES },
  );
  if (compressor === undefined) {
    await pipeline(source, createWriteStream(path), { signal });
  } else {
    await compressed(source, compressor, path, signal);
  }
  const file = await open(path, 'r+');
  await file.sync().finally(() => file.close());
  return last;
}

async function compressed(
  source: Readable,
  argv: readonly string[],
  path: string,
  signal: AbortSignal,
): Promise<void> {
  const target = await open(path, 'w');
  try {
    const { child, ended } = startFilter(argv, ['pipe', target.fd, 'pipe']);
    if (!child.stdin) throw new Error(`${argv[0]} has no input`);
    let broken: unknown;
    await pipeline(source, child.stdin, { signal }).catch((fault: unknown) => {
      broken = fault;
    });
    // Its own words first: that it no longer reads is only what follows from them.
    const stopped = SINK_GONE.includes((broken as NodeJS.ErrnoException | undefined)?.code ?? '');
    if (broken !== undefined && !stopped) {
      child.kill('SIGKILL');
      await ended.catch(() => undefined);
      throw broken;
    }
    await ended;
    if (broken !== undefined) throw broken;
  } finally {
    await target.close();
  }
}

/** What a pipe says whose reader has ended. */
const SINK_GONE = ['EPIPE', 'ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE'];
const NOTHING = Buffer.alloc(0);

function totalOf({ disks }: VmaContent): number {
  return disks.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** The archive in pieces. An extent is of one disk, so that it is read in one go. */
async function* vmaStream(
  content: VmaContent,
  progress: (progress: VmaProgress) => Promise<void>,
): AsyncGenerator<Buffer> {
  const uuid = randomBytes(16);
  const { ctime, config, disks } = content;
  const total = totalOf(content);
  yield vmaHeader({ uuid, ctime, configs: new Map([['qemu-server.conf', config]]), devices: disks });
  let [read, zero] = [0, 0];
  for (const disk of disks) {
    const file = await open(disk.path);
    try {
      const clusters = Math.ceil(disk.bytes / CLUSTER_BYTES);
      const ranges = await dataRanges(disk.path, disk.bytes);
      for (let first = 0; first < clusters; first += EXTENT_CLUSTERS) {
        const count = Math.min(EXTENT_CLUSTERS, clusters - first);
        const [from, length] = [first * CLUSTER_BYTES, count * CLUSTER_BYTES];
        while (ranges[0] && ranges[0].to <= from) ranges.shift();
        const isHole = !ranges[0] || ranges[0].from >= from + length;
        const piece = isHole ? NOTHING : await readPiece(file, from, length);
        const held = Array.from({ length: count }, (_, index): VmaCluster => {
          const cluster = piece.subarray(index * CLUSTER_BYTES, (index + 1) * CLUSTER_BYTES);
          return { device: disk.id, index: first + index, mask: isHole ? 0 : maskOf(cluster) };
        });
        yield vmaExtentHeader(uuid, held);
        for (const [index, { mask }] of held.entries()) yield* blocks(piece, index * CLUSTER_BYTES, mask);
        const bytes = Math.min(count * CLUSTER_BYTES, disk.bytes - first * CLUSTER_BYTES);
        read += bytes;
        zero += Math.max(0, bytes - held.reduce((sum, cluster) => sum + blocksOf(cluster), 0));
        await progress({ read, zero, total });
      }
    } finally {
      await file.close();
    }
  }
}

/** The blocks of a cluster that its mask names, neighbours in one piece. */
function* blocks(piece: Buffer, at: number, mask: number): Generator<Buffer> {
  for (let block = 0; block < CLUSTER_BYTES / BLOCK_BYTES; ) {
    let end = block;
    while ((mask >> end) & 1) end += 1;
    if (end > block) yield piece.subarray(at + block * BLOCK_BYTES, at + end * BLOCK_BYTES);
    block = end + 1;
  }
}

/** What a file lacks at its end is zeros: the last cluster of a disk need not be whole. */
async function readPiece(file: Awaited<ReturnType<typeof open>>, at: number, bytes: number): Promise<Buffer> {
  const piece = Buffer.alloc(bytes);
  for (let done = 0; done < bytes; ) {
    const { bytesRead } = await file.read(piece, done, bytes - done, at + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return piece;
}
