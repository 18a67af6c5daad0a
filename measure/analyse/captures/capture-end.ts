import { CaptureReader } from '../packets/capture-reader';
import { FrameDecoder } from '../packets/frame-decoder';

/** When a capture was running, nanoseconds. */
export interface Running {
  readonly from: number;
  readonly to: number;
}

/** Which packets are followed. */
export interface Followed {
  /** Tunnels' own packets, not what they carry. */
  readonly outer?: boolean;
  accepts(frame: FrameDecoder): boolean;
}

/** One of two captures, read packet by packet. Times are nanoseconds since the file's first whole second, less `shift`. */
export class CaptureEnd {
  readonly reader: CaptureReader;
  readonly frame: FrameDecoder;
  /** Of the frame at hand; NaN where the file has no time stamps. */
  time = 0;
  /** Whether there is a frame at hand. */
  open = true;
  /** Unix seconds from which times are counted; null = no frame had a time yet. */
  epoch: number | null = null;
  private first = Number.POSITIVE_INFINITY;
  private last = Number.NEGATIVE_INFINITY;

  constructor(
    file: string,
    private readonly followed: Followed,
    private readonly shift = 0,
  ) {
    this.reader = new CaptureReader(file);
    this.frame = new FrameDecoder(followed.outer);
  }

  /** From the first frame of any kind to the last; nothing tells that the capture ran before or after. */
  get running(): Running {
    return { from: this.first, to: this.last };
  }

  /** Moves on to the next packet that is followed. */
  advance(): void {
    const { reader, frame } = this;
    while (reader.next()) {
      const { packet } = reader;
      if (this.epoch === null && !Number.isNaN(packet.seconds)) this.epoch = packet.seconds;
      // Since an epoch of the file's own, so that a double holds it exactly even where a clock is decades wrong.
      this.time = (packet.seconds - (this.epoch ?? Number.NaN)) * 1e9 + packet.nanoseconds - this.shift;
      if (this.time < this.first) this.first = this.time;
      if (this.time > this.last) this.last = this.time;
      if (frame.decode(packet) && this.followed.accepts(frame)) return;
    }
    this.open = false;
  }
}
