import { type ByteSource, openSource, UnpackFault } from './byte-source';
import { CaptureFault } from './capture-format';

/**
 * A sliding view of a file that is read once from front to back, so that a capture of any size needs only the
 * memory of its largest record. `offset` is where in `view` the next unread byte lies.
 */
export class FileWindow {
  view: DataView;
  offset = 0;
  private bytes: Buffer;
  private end = 0;
  /** Position in the file of the window's first byte. */
  private origin = 0;
  private readonly source: ByteSource;
  private isOpen = true;

  constructor(
    readonly file: string,
    windowBytes = 1 << 20,
  ) {
    this.source = openSource(file);
    // A small file needs no large window; one that is still being written may show any size.
    this.bytes = Buffer.alloc(Math.min(windowBytes, Math.max(4096, this.source.size ?? windowBytes)));
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length);
  }

  /** Position of the next unread byte in the file, unpacked. */
  get position(): number {
    return this.origin + this.offset;
  }

  /** Unread bytes that are in the window now; the rest of the file once `require` has returned false. */
  get available(): number {
    return this.end - this.offset;
  }

  /** Makes `count` unread bytes available at `offset`; false if the file ends before that. */
  require(count: number): boolean {
    return this.end - this.offset >= count || this.fill(count);
  }

  skip(count: number): void {
    this.offset += count;
  }

  close(): void {
    this.isOpen = false;
    this.source.close();
  }

  private fill(count: number): boolean {
    if (!this.isOpen) return false;
    const kept = this.bytes.subarray(this.offset, this.end);
    if (count > this.bytes.length) {
      const larger = Buffer.alloc(2 ** Math.ceil(Math.log2(count)));
      kept.copy(larger);
      this.bytes = larger;
      this.view = new DataView(larger.buffer, larger.byteOffset, larger.length);
    } else {
      kept.copy(this.bytes);
    }
    this.origin += this.offset;
    this.end -= this.offset;
    this.offset = 0;
    while (this.end < count) {
      const read = this.read();
      if (read === 0) return false;
      this.end += read;
    }
    return true;
  }

  private read(): number {
    try {
      return this.source.read(this.bytes, this.end);
    } catch (error) {
      if (!(error instanceof UnpackFault)) throw error;
      throw new CaptureFault(this.file, this.origin + this.end, error.message);
    }
  }
}
