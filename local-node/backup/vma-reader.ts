/** Reads VMA archives: their configuration, or their disks as raw images. */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import {
  BLOCK_BYTES,
  blocksOf,
  CLUSTER_BYTES,
  EXTENT_HEADER_BYTES,
  readVmaExtent,
  readVmaHeader,
  type VmaHeader,
  vmaHeaderBytes,
} from '../formats/vma';
import { decompressor, startFilter } from './compression';

/** What a disk's first bytes tell. */
const START_BYTES = 60;

/** Takes a stream apart in pieces of wanted lengths. */
class Pieces {
  private held: Buffer[] = [];
  private bytes = 0;
  private readonly source: AsyncIterator<Buffer>;

  constructor(stream: Readable) {
    this.source = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  /** Undefined at the end of the stream. Throws if it ends in the middle of a piece. */
  async next(length: number): Promise<Buffer | undefined> {
    while (this.bytes < length) {
      const { done, value } = await this.source.next();
      if (done) {
        if (this.bytes === 0) return undefined;
        throw new Error('the archive is cut off');
      }
      this.held.push(value);
      this.bytes += value.length;
    }
    const whole = this.held.length === 1 && this.held[0] ? this.held[0] : Buffer.concat(this.held);
    this.held = [whole.subarray(length)];
    this.bytes -= length;
    return whole.subarray(0, length);
  }

  async required(length: number): Promise<Buffer> {
    const piece = await this.next(length);
    if (!piece) throw new Error('the archive is cut off');
    return piece;
  }
}

/** Its header alone, without reading on. Throws if the file is no VMA archive. */
export function vmaHeaderOf(path: string): Promise<VmaHeader> {
  return decompressed(path, undefined, headerOf, 'start');
}

/** Reads every disk into a raw image, `place(device)`; what is zero in the archive is a hole there. */
export function extractVma(
  path: string,
  place: (header: VmaHeader) => Promise<ReadonlyMap<number, string>>,
  options: { readonly signal: AbortSignal; readonly progress: (done: number, total: number) => void },
): Promise<void> {
  return decompressed(
    path,
    options.signal,
    async (pieces) => {
      const header = await headerOf(pieces);
      const files = await openAll(header, await place(header));
      try {
        await readExtents(pieces, header, files, options.progress);
        for (const { file } of files.values()) await file.sync();
      } finally {
        for (const { file } of files.values()) await file.close();
      }
    },
    'whole',
  );
}

async function headerOf(pieces: Pieces): Promise<VmaHeader> {
  const start = await pieces.required(START_BYTES);
  const rest = await pieces.required(vmaHeaderBytes(start) - START_BYTES);
  return readVmaHeader(Buffer.concat([start, rest]));
}

interface Target {
  readonly file: Awaited<ReturnType<typeof open>>;
  readonly bytes: number;
  /** Clusters that the archive has not yet told of. */
  missing: number;
}

async function openAll(
  { devices }: VmaHeader,
  places: ReadonlyMap<number, string>,
): Promise<Map<number, Target>> {
  const targets = new Map<number, Target>();
  for (const { id, bytes } of devices) {
    const place = places.get(id);
    if (place === undefined) continue;
    const file = await open(place, 'wx', 0o600);
    await file.truncate(bytes);
    targets.set(id, { file, bytes, missing: Math.ceil(bytes / CLUSTER_BYTES) });
  }
  return targets;
}

async function readExtents(
  pieces: Pieces,
  { uuid, devices }: VmaHeader,
  targets: ReadonlyMap<number, Target>,
  progress: (done: number, total: number) => void,
): Promise<void> {
  const total = devices.reduce((sum, { bytes }) => sum + bytes, 0);
  let done = 0;
  for (;;) {
    const head = await pieces.next(EXTENT_HEADER_BYTES);
    if (!head) break;
    for (const cluster of readVmaExtent(head, uuid)) {
      const data = await pieces.required(blocksOf(cluster));
      const target = targets.get(cluster.device);
      if (!target) continue;
      target.missing -= 1;
      await writeCluster(target, cluster.index * CLUSTER_BYTES, cluster.mask, data);
      done += CLUSTER_BYTES;
    }
    progress(Math.min(done, total), total);
  }
  if ([...targets.values()].some(({ missing }) => missing !== 0))
    throw new Error('the archive lacks parts of a disk');
}

async function writeCluster({ file, bytes }: Target, at: number, mask: number, data: Buffer): Promise<void> {
  let taken = 0;
  for (let block = 0; block < CLUSTER_BYTES / BLOCK_BYTES; ) {
    let end = block;
    while ((mask >> end) & 1) end += 1;
    const from = at + block * BLOCK_BYTES;
    // A disk need not end with a block; no archive writes beyond its end.
    const length = Math.min((end - block) * BLOCK_BYTES, Math.max(0, bytes - from));
    for (let written = 0; written < length; ) {
      const place = taken + written;
      written += (await file.write(data, place, length - written, from + written)).bytesWritten;
    }
    taken += (end - block) * BLOCK_BYTES;
    block = end + 1;
  }
}

/** Runs `read` over the content of an archive. `start`: what comes after what was read does not matter. */
async function decompressed<T>(
  path: string,
  signal: AbortSignal | undefined,
  read: (pieces: Pieces) => Promise<T>,
  part: 'start' | 'whole',
): Promise<T> {
  const argv = decompressor(path);
  if (argv === undefined) {
    const stream = createReadStream(path, { highWaterMark: 1024 ** 2, ...(signal ? { signal } : {}) });
    return read(new Pieces(stream)).finally(() => stream.destroy());
  }
  const { child, ended } = startFilter(argv, ['ignore', 'pipe', 'pipe']);
  const stop = () => child.kill('SIGKILL');
  signal?.addEventListener('abort', stop);
  try {
    if (!child.stdout) throw new Error(`${argv[0]} has no output`);
    const answer = await read(new Pieces(child.stdout)).catch(async (fault: unknown) => {
      signal?.throwIfAborted();
      // That the archive is cut off may only follow from what its program says.
      if (child.exitCode !== null) await ended;
      throw fault;
    });
    if (part === 'whole') await ended;
    return answer;
  } finally {
    signal?.removeEventListener('abort', stop);
    child.stdout?.destroy();
    stop();
    await ended.catch(() => undefined);
  }
}
