import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';

/** A line and where it ends in its file, bytes: what names it for who comes back. */
export interface NumberedLine {
  readonly end: number;
  readonly text: string;
}

const CHUNK = 256 * 1024;

/** The lines of a file that grows: each call gives the whole ones that have come since the last. */
export class GrowingLines {
  private offset = 0;
  private rest = Buffer.alloc(0);

  constructor(private readonly file: string) {}

  /** Nothing is read where the file has not grown. One that was cut off or made anew is begun again. */
  next(): readonly NumberedLine[] {
    const size = statSync(this.file, { throwIfNoEntry: false })?.size ?? 0;
    if (size < this.offset) {
      this.offset = 0;
      this.rest = Buffer.alloc(0);
    }
    return size === this.offset ? [] : this.read();
  }

  private read(): readonly NumberedLine[] {
    const lines: NumberedLine[] = [];
    const file = openSync(this.file, 'r');
    try {
      const { size } = fstatSync(file);
      const chunk = Buffer.alloc(Math.min(CHUNK, size - this.offset));
      while (this.offset < size) {
        const read = readSync(file, chunk, 0, chunk.length, this.offset);
        if (read === 0) break;
        this.offset += read;
        this.take(chunk.subarray(0, read), lines);
      }
    } finally {
      closeSync(file);
    }
    return lines;
  }

  private take(bytes: Buffer, lines: NumberedLine[]): void {
    let held = Buffer.concat([this.rest, bytes]);
    let begin = this.offset - held.length;
    for (let at = held.indexOf(10); at >= 0; at = held.indexOf(10)) {
      begin += at + 1;
      lines.push({ end: begin, text: held.subarray(0, at).toString('utf8') });
      held = held.subarray(at + 1);
    }
    this.rest = Buffer.from(held);
  }
}
