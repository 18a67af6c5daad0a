import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { ZipFile } from 'yazl';

/** What a zip holds: a text, bytes, or a file of this machine, which is read as it is written. */
export interface ZipEntry {
  readonly path: string;
  /** A file must have that size: ZIP64 is chosen by it. */
  readonly content: string | Buffer | { readonly file: string; readonly bytes: number };
}

/**
 * The same for all entries and all machines: a zip tells local time without its zone, so the fields are given and not a
 * moment. Its earliest time says plainly that it is none.
 */
const fixed = {
  mtime: new Date(1980, 0, 1),
  mode: 0o100644,
  forceDosTimestamp: true,
  compressionLevel: 6,
};

/**
 * A zip of these entries, in this order; ZIP64 where it needs to be. The same entries give the same bytes, with the same
 * zlib. Throws where a file cannot be read or has another size.
 */
export async function* zip(entries: readonly ZipEntry[]): AsyncGenerator<Buffer> {
  const archive = new ZipFile();
  const output = archive.outputStream as Readable;
  archive.on('error', (fault: Error) => output.destroy(fault));
  for (const { path, content } of entries) {
    if (typeof content === 'string' || Buffer.isBuffer(content)) {
      archive.addBuffer(Buffer.from(content), path, fixed);
      continue;
    }
    archive.addReadStreamLazy(path, { ...fixed, size: content.bytes }, (give) => {
      const stream = createReadStream(content.file);
      stream.on('error', (fault) => output.destroy(fault));
      give(null, stream);
    });
  }
  archive.end();
  yield* output;
}
