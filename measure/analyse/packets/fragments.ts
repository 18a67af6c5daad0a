/** Bytes of a datagram that are kept: its headers, and those of what it carries. Lengths are those of the IP headers. */
const headBytes = 512;
/** Datagrams of which a part is awaited, at most; then the oldest is given up. */
const awaited = 4096;
/** RFC 8200, section 4.5; RFC 1122, section 3.3.2, has the same as its least. */
const waitSeconds = 60;

/** From one byte to before another, in rising order, neither touching nor overlapping each other. */
type Ranges = { from: number; to: number }[];

interface Datagram {
  readonly begunAt: number;
  readonly head: DataView;
  /** Which bytes came, and which of `head` were captured. */
  came: Ranges;
  captured: Ranges;
  /** Length of the whole; null = the last fragment has not come. */
  length: number | null;
  frames: number;
  wireBytes: number;
}

export interface Fragment {
  /** What all fragments of a datagram have in common. */
  readonly datagram: string;
  readonly offset: number;
  readonly length: number;
  readonly isLast: boolean;
  /** The captured part of it. */
  readonly bytes: Uint8Array;
  /** Unix time, seconds; NaN = unknown. */
  readonly time: number;
  /** What it took on the wire. */
  readonly frames: number;
  readonly wireBytes: number;
}

/** A datagram whose fragments are all there, with what they took on the wire. */
export interface WholeDatagram {
  readonly head: DataView;
  /** Bytes of `head` that were captured without a gap. */
  readonly captured: number;
  readonly length: number;
  readonly frames: number;
  readonly wireBytes: number;
}

/** Puts IP datagrams together from fragments in any order (RFC 815), as far as their headers are concerned. */
export class Fragments {
  private readonly datagrams = new Map<string, Datagram>();

  /** Answers the datagram with its last missing fragment; null before. */
  add(fragment: Fragment): WholeDatagram | null {
    const { offset, length, time } = fragment;
    this.giveUpOld(time);
    let datagram = this.datagrams.get(fragment.datagram);
    if (datagram === undefined) {
      const head = new DataView(new ArrayBuffer(headBytes));
      datagram = { begunAt: time, head, came: [], captured: [], length: null, frames: 0, wireBytes: 0 };
      this.datagrams.set(fragment.datagram, datagram);
    }
    const end = offset + length;
    // One that came before: its copy is not part of the datagram.
    if (datagram.came.some(({ from, to }) => from <= offset && end <= to) && length > 0) return null;
    datagram.came = merged(datagram.came, offset, end);
    datagram.frames += fragment.frames;
    datagram.wireBytes += fragment.wireBytes;
    if (fragment.isLast) datagram.length = end;
    const bytes = fragment.bytes.subarray(0, Math.max(0, Math.min(length, headBytes - offset)));
    if (bytes.length > 0) {
      new Uint8Array(datagram.head.buffer).set(bytes, offset);
      datagram.captured = merged(datagram.captured, offset, offset + bytes.length);
    }
    const [first] = datagram.came;
    if (datagram.length === null || first?.from !== 0 || first.to < datagram.length) return null;
    this.datagrams.delete(fragment.datagram);
    const [start] = datagram.captured;
    const { head, frames, wireBytes } = datagram;
    return { head, captured: start?.from === 0 ? start.to : 0, length: datagram.length, frames, wireBytes };
  }

  private giveUpOld(time: number): void {
    for (const [key, { begunAt }] of this.datagrams) {
      if (this.datagrams.size < awaited && !(time - begunAt > waitSeconds)) return;
      this.datagrams.delete(key);
    }
  }
}

function merged(ranges: Ranges, from: number, to: number): Ranges {
  const apart = ranges.filter((one) => one.to < from || one.from > to);
  const touching = ranges.filter((one) => one.to >= from && one.from <= to);
  const all = {
    from: Math.min(from, ...touching.map((one) => one.from)),
    to: Math.max(to, ...touching.map((one) => one.to)),
  };
  return [...apart, all].sort((a, b) => a.from - b.from);
}
