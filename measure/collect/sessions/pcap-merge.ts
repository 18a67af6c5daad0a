import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rename } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';

const fileHeaderBytes = 24;
const recordHeaderBytes = 16;
const nanosecondMagic = 0xa1b23c4d;

interface Packet {
  /** Nanoseconds since 1970. */
  readonly time: bigint;
  /** Record header and packet. */
  readonly record: Buffer;
}

/**
 * Merges captures of programs/capture.py (classic pcap, nanoseconds, little-endian, sorted by time) into one, sorted by
 * time, and returns its SHA-256. Streams: memory does not grow with the captures. A record cut off at a file's end is
 * left out. The result is whole or absent.
 */
export async function mergeCaptures(files: readonly string[], into: string): Promise<string> {
  const hash = createHash('sha256');
  const partial = `${into}.part`;
  await pipeline(
    merged(files),
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        hash.update(chunk);
        yield chunk;
      }
    },
    createWriteStream(partial),
  );
  await rename(partial, into);
  return hash.digest('hex');
}

async function* merged(files: readonly string[]): AsyncGenerator<Buffer, void, void> {
  const sources = files.map((file) => packets(file));
  const [first, ...others] = await Promise.all(sources.map((source) => source.next()));
  const headers = [first, ...others].map((result) => result?.value);
  const header = headers[0];
  if (!Buffer.isBuffer(header)) throw new Error(`${files[0] ?? 'no file'}: not a capture`);
  yield header;
  const heads = await Promise.all(sources.map(next));
  for (;;) {
    let earliest = -1;
    for (const [index, head] of heads.entries()) {
      const best = heads[earliest];
      if (head && (!best || head.time < best.time)) earliest = index;
    }
    const head = heads[earliest];
    const source = sources[earliest];
    if (!head || !source) return;
    yield head.record;
    heads[earliest] = await next(source);
  }
}

async function next(source: AsyncGenerator<Buffer | Packet, void, void>): Promise<Packet | undefined> {
  const { value } = await source.next();
  return value && !Buffer.isBuffer(value) ? value : undefined;
}

/** The file's header, then its packets. */
async function* packets(file: string): AsyncGenerator<Buffer | Packet, void, void> {
  let rest: Buffer = Buffer.alloc(0);
  let started = false;
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) {
    rest = rest.length > 0 ? Buffer.concat([rest, chunk as Buffer]) : (chunk as Buffer);
    let at = 0;
    if (!started) {
      if (rest.length < fileHeaderBytes) continue;
      if (rest.readUInt32LE(0) !== nanosecondMagic) {
        throw new Error(`${file}: not a little-endian pcap file with nanoseconds`);
      }
      yield rest.subarray(0, fileHeaderBytes);
      started = true;
      at = fileHeaderBytes;
    }
    while (rest.length - at >= recordHeaderBytes) {
      const end = at + recordHeaderBytes + rest.readUInt32LE(at + 8);
      if (end > rest.length) break;
      const time = BigInt(rest.readUInt32LE(at)) * 1_000_000_000n + BigInt(rest.readUInt32LE(at + 4));
      yield { time, record: rest.subarray(at, end) };
      at = end;
    }
    rest = rest.subarray(at);
  }
  if (!started) throw new Error(`${file}: not a capture, it has no header`);
}
