import { CaptureFault, type CaptureFormat, longestRecord, type PacketRecord } from './capture-format';
import type { FileWindow } from './file-window';

/** Classic pcap (draft-ietf-opsawg-pcap): a 24-byte header, then records of 16 bytes and the captured data. */
export class PcapFormat implements CaptureFormat {
  readonly recordedDrops = null;
  oddStamps = 0;
  private readonly linkType: number;
  private readonly fractionsPerSecond: number;

  constructor(
    private readonly window: FileWindow,
    private readonly littleEndian: boolean,
    /** Nanoseconds of one unit of the stamp's fraction: 1000 or 1. */
    readonly resolutionNanoseconds: number,
  ) {
    if (!window.require(24)) {
      throw new CaptureFault(window.file, window.available, 'cut off inside the file header');
    }
    const major = window.view.getUint16(window.offset + 4, littleEndian);
    if (major !== 2) throw new CaptureFault(window.file, 4, `unknown version ${major} of the pcap format`);
    // The upper bits of the field hold the length of a frame check sequence.
    this.linkType = window.view.getUint32(window.offset + 20, littleEndian) & 0xffff;
    this.fractionsPerSecond = 1e9 / resolutionNanoseconds;
    window.skip(24);
  }

  next(packet: PacketRecord): boolean {
    const { window, littleEndian } = this;
    if (!window.require(16)) {
      if (window.available === 0) return false;
      throw new CaptureFault(window.file, window.position, 'cut off inside a record header');
    }
    const { view, offset } = window;
    const fraction = view.getUint32(offset + 4, littleEndian);
    const captured = view.getUint32(offset + 8, littleEndian);
    const original = view.getUint32(offset + 12, littleEndian);
    if (captured > longestRecord || original > longestRecord) {
      throw new CaptureFault(window.file, window.position, 'corrupt record header');
    }
    const carried = Math.floor(fraction / this.fractionsPerSecond);
    if (carried > 0) this.oddStamps += 1;
    packet.seconds = view.getUint32(offset, littleEndian) + carried;
    packet.nanoseconds = (fraction - carried * this.fractionsPerSecond) * this.resolutionNanoseconds;
    packet.capturedLength = captured;
    packet.originalLength = original;
    packet.linkType = this.linkType;
    if (!window.require(16 + captured)) {
      throw new CaptureFault(window.file, window.position, 'cut off inside a packet');
    }
    packet.view = window.view;
    packet.offset = window.offset + 16;
    window.skip(16 + captured);
    return true;
  }
}
