import { CaptureFault, type CaptureFormat, PacketRecord } from './capture-format';
import { FileWindow } from './file-window';
import { otherFormat } from './other-formats';
import { PcapFormat } from './pcap';
import { PcapngFormat } from './pcapng';

/**
 * Reads a classic pcap (either byte order, µs or ns) or a pcapng file packet by packet, in memory that does not grow
 * with the file. A file that is no capture throws CaptureFault at once. A file that is cut off or corrupt further on
 * gives the packets before that point, and `partial` then says where and why it ended.
 */
export class CaptureReader {
  readonly packet = new PacketRecord();
  partial: CaptureFault | null = null;
  private readonly window: FileWindow;
  private readonly format: CaptureFormat;

  constructor(readonly file: string) {
    this.window = new FileWindow(file);
    try {
      this.format = openFormat(this.window);
    } catch (error) {
      this.window.close();
      throw error;
    }
  }

  next(): boolean {
    if (this.partial !== null) return false;
    try {
      if (this.format.next(this.packet)) return true;
    } catch (error) {
      if (!(error instanceof CaptureFault)) throw error;
      this.partial = error;
    }
    this.close();
    return false;
  }

  get resolutionNanoseconds(): number {
    return this.format.resolutionNanoseconds;
  }

  get oddStamps(): number {
    return this.format.oddStamps;
  }

  get recordedDrops(): number | null {
    return this.format.recordedDrops;
  }

  close(): void {
    this.window.close();
  }
}

function openFormat(window: FileWindow): CaptureFormat {
  if (!window.require(4)) {
    const size = window.available;
    throw new CaptureFault(
      window.file,
      0,
      size === 0 ? 'the file is empty' : `only ${size} bytes, no capture`,
    );
  }
  const magic = window.view.getUint32(window.offset);
  switch (magic) {
    case 0xa1b2c3d4:
      return new PcapFormat(window, false, 1000);
    case 0xa1b23c4d:
      return new PcapFormat(window, false, 1);
    case 0xd4c3b2a1:
      return new PcapFormat(window, true, 1000);
    case 0x4d3cb2a1:
      return new PcapFormat(window, true, 1);
    case 0x0a0d0d0a:
      return new PcapngFormat(window);
    default: {
      const other = otherFormat(magic);
      throw new CaptureFault(
        window.file,
        0,
        other === null
          ? `not a pcap or pcapng file (it begins with 0x${magic.toString(16).padStart(8, '0')})`
          : `${other}, which is not read here: turn it into pcapng (editcap ${window.file} OUT.pcapng)`,
      );
    }
  }
}
