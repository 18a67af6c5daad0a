import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { Decompress } from 'fzstd';
import { Gunzip } from 'minizlib';
import { CaptureFault } from './capture-format';

/** Bytes that are read once, from front to back. */
export interface ByteSource {
  /** How many there are at most; null = not known before the end. */
  readonly size: number | null;
  /** Reads into `buffer` from `at` on, and answers how many bytes; 0 = the end. Throws UnpackFault. */
  read(buffer: Buffer, at: number): number;
  close(): void;
}

export class UnpackFault extends Error {}

/** Opens a file or pipe; what is packed with gzip or zstd, by its first bytes, is unpacked on the way. */
export function openSource(file: string): ByteSource {
  const source = new FileSource(file);
  if (source.first.subarray(0, 2).equals(Buffer.from([0x1f, 0x8b]))) {
    return new UnpackedSource(source, 'gzip', gunzip);
  }
  if (source.first.equals(Buffer.from([0x28, 0xb5, 0x2f, 0xfd]))) {
    return new UnpackedSource(source, 'zstd', unzstd);
  }
  return source;
}

/** Whether a second opening of the file would wait for ever, or find nothing. */
export function isReadableOnce(file: string): boolean {
  const status = statSync(file, { throwIfNoEntry: false });
  return status !== undefined && !status.isFile() && !status.isDirectory();
}

class FileSource implements ByteSource {
  readonly size: number | null;
  /** The first four bytes, which tell what the file is; a pipe cannot go back to them. */
  readonly first: Buffer;
  private given = 0;
  private descriptor: number | null;

  constructor(file: string) {
    const descriptor = openSync(file, 'r');
    this.descriptor = descriptor;
    const status = fstatSync(descriptor);
    if (status.isDirectory()) {
      this.close();
      throw new CaptureFault(file, 0, 'a directory, no capture');
    }
    this.size = status.isFile() ? status.size : null;
    const bytes = Buffer.alloc(4);
    let length = 0;
    for (let read = -1; read !== 0 && length < 4; length += read) {
      read = readSync(descriptor, bytes, length, 4 - length, null);
    }
    this.first = bytes.subarray(0, length);
  }

  read(buffer: Buffer, at: number): number {
    if (this.descriptor === null) return 0;
    if (this.given < this.first.length) {
      const copied = this.first.copy(buffer, at, this.given);
      this.given += copied;
      return copied;
    }
    return readSync(this.descriptor, buffer, at, buffer.length - at, null);
  }

  close(): void {
    if (this.descriptor !== null) closeSync(this.descriptor);
    this.descriptor = null;
  }
}

/** Takes packed bytes, the last with `isLast`, and gives what they hold to `give`. */
type Unpack = (give: (bytes: Uint8Array) => void) => (bytes: Buffer, isLast: boolean) => void;

const gunzip: Unpack = (give) => {
  const stream = new Gunzip({});
  let fault: Error | null = null;
  stream.on('data', give);
  stream.on('error', (error) => {
    fault = error instanceof Error ? error : new Error(String(error));
  });
  return (bytes, isLast) => {
    // It works at once: what it gives, or that it fails, is known when it returns.
    if (isLast) stream.end();
    else stream.write(bytes);
    if (fault !== null) throw fault;
  };
};

const unzstd: Unpack = (give) => {
  const stream = new Decompress(give);
  return (bytes, isLast) => stream.push(new Uint8Array(bytes), isLast);
};

class UnpackedSource implements ByteSource {
  readonly size = null;
  /** Small, since a packed byte may hold a thousand. */
  private readonly packed = Buffer.alloc(1 << 14);
  private readonly push: (bytes: Buffer, isLast: boolean) => void;
  private unpacked: Uint8Array[] = [];
  private isOver = false;

  constructor(
    private readonly source: ByteSource,
    private readonly format: string,
    unpack: Unpack,
  ) {
    this.push = unpack((bytes) => {
      if (bytes.length > 0) this.unpacked.push(bytes);
    });
  }

  read(buffer: Buffer, at: number): number {
    while (this.unpacked.length === 0 && !this.isOver) {
      const length = this.source.read(this.packed, 0);
      this.isOver = length === 0;
      try {
        this.push(Buffer.from(this.packed.subarray(0, length)), this.isOver);
      } catch (error) {
        this.isOver = true;
        const reason = error instanceof Error ? error.message : String(error);
        throw new UnpackFault(`the ${this.format} file is cut off or corrupt (${reason})`);
      }
    }
    const next = this.unpacked[0];
    if (next === undefined) return 0;
    const part = next.subarray(0, buffer.length - at);
    buffer.set(part, at);
    if (part.length === next.length) this.unpacked.shift();
    else this.unpacked[0] = next.subarray(part.length);
    return part.length;
  }

  close(): void {
    this.source.close();
  }
}
