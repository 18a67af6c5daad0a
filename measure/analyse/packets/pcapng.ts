import { CaptureFault, type CaptureFormat, longestRecord, type PacketRecord } from './capture-format';
import type { FileWindow } from './file-window';
import { dropCount, dropOption, RecordedDrops } from './recorded-drops';

/** Block types and options of draft-ietf-opsawg-pcapng. */
const block = {
  sectionHeader: 0x0a0d0d0a,
  interfaceDescription: 1,
  obsoletePacket: 2,
  simplePacket: 3,
  interfaceStatistics: 5,
  enhancedPacket: 6,
} as const;
const option = { end: 0, timeResolution: 9, timeOffset: 14 } as const;

interface CaptureInterface {
  readonly linkType: number;
  readonly snapLength: number;
  readonly unitsPerSecond: bigint;
  readonly offsetSeconds: number;
}

/** The next-generation capture format: several sections, interfaces, time resolutions and byte orders in one file. */
export class PcapngFormat implements CaptureFormat {
  readonly oddStamps = 0;
  resolutionNanoseconds = 1;
  private drops = new RecordedDrops();
  private dropsOfEarlierSections: number | null = null;
  private littleEndian = true;
  private interfaces: CaptureInterface[] = [];

  constructor(private readonly window: FileWindow) {
    this.readSectionHeader();
  }

  get recordedDrops(): number | null {
    const { total } = this.drops;
    if (total === null) return this.dropsOfEarlierSections;
    return (this.dropsOfEarlierSections ?? 0) + total;
  }

  next(packet: PacketRecord): boolean {
    const { window } = this;
    for (;;) {
      if (!window.require(12)) {
        if (window.available === 0) return false;
        throw this.fault('cut off inside a block header');
      }
      if (window.view.getUint32(window.offset) === block.sectionHeader) {
        this.readSectionHeader();
        continue;
      }
      const type = window.view.getUint32(window.offset, this.littleEndian);
      const length = this.requireBlock();
      const isPacket = this.readBlock(type, length, packet);
      window.skip(length);
      if (isPacket) return true;
    }
  }

  /** Makes the whole block available, checks that its two length fields agree, and returns its length. */
  private requireBlock(): number {
    const { window } = this;
    const length = window.view.getUint32(window.offset + 4, this.littleEndian);
    if (length < 12 || length % 4 !== 0 || length > longestRecord) {
      throw this.fault(`corrupt block length ${length}`);
    }
    if (!window.require(length)) throw this.fault('cut off inside a block');
    const trailer = window.view.getUint32(window.offset + length - 4, this.littleEndian);
    if (trailer !== length) throw this.fault(`the two lengths of a block differ, ${length} and ${trailer}`);
    return length;
  }

  private readSectionHeader(): void {
    const { window } = this;
    if (!window.require(28)) throw this.fault('cut off inside a section header');
    const magic = window.view.getUint32(window.offset + 8);
    if (magic !== 0x1a2b3c4d && magic !== 0x4d3c2b1a) throw this.fault('corrupt byte-order magic');
    this.littleEndian = magic === 0x4d3c2b1a;
    const major = window.view.getUint16(window.offset + 12, this.littleEndian);
    if (major !== 1) throw this.fault(`unknown version ${major} of the pcapng format`);
    const length = this.requireBlock();
    this.dropsOfEarlierSections = this.recordedDrops;
    this.drops = new RecordedDrops();
    this.interfaces = [];
    window.skip(length);
  }

  /** Returns true if the block was a packet, which is then in `packet`. */
  private readBlock(type: number, length: number, packet: PacketRecord): boolean {
    switch (type) {
      case block.interfaceDescription:
        this.readInterface(length);
        return false;
      case block.interfaceStatistics:
        this.readStatistics(length);
        return false;
      case block.enhancedPacket:
        this.readPacket(length, packet, this.field(length, 8));
        this.readDropsBefore(length, packet);
        return true;
      case block.obsoletePacket:
        this.requireBody(length, 20);
        this.readPacket(
          length,
          packet,
          this.window.view.getUint16(this.window.offset + 8, this.littleEndian),
        );
        this.drops.addBeforeOldPacket(
          this.window.view.getUint16(this.window.offset + 8, this.littleEndian),
          this.window.view.getUint16(this.window.offset + 10, this.littleEndian),
        );
        return true;
      case block.simplePacket:
        this.readSimplePacket(length, packet);
        return true;
      default:
        return false;
    }
  }

  private readInterface(length: number): void {
    this.requireBody(length, 8);
    const { view, offset } = this.window;
    let unitsPerSecond = 1_000_000n;
    let offsetSeconds = 0;
    for (const { code, at, size } of this.options(16, length)) {
      if (code === option.timeResolution && size >= 1) {
        const exponent = view.getUint8(at);
        const base = exponent & 0x80 ? 2n : 10n;
        unitsPerSecond = base ** BigInt(exponent & 0x7f);
      }
      if (code === option.timeOffset && size >= 8) {
        offsetSeconds = Number(view.getBigInt64(at, this.littleEndian));
      }
    }
    this.resolutionNanoseconds = Math.max(this.resolutionNanoseconds, 1e9 / Number(unitsPerSecond));
    this.interfaces.push({
      linkType: view.getUint16(offset + 8, this.littleEndian),
      snapLength: view.getUint32(offset + 12, this.littleEndian),
      unitsPerSecond,
      offsetSeconds,
    });
  }

  private readStatistics(length: number): void {
    const statistics = new Map<number, number>();
    for (const { code, at, size } of this.options(20, length)) {
      const count = size >= 8 ? dropCount(this.window.view.getBigUint64(at, this.littleEndian)) : null;
      if (count !== null) statistics.set(code, count);
    }
    this.drops.setStatistics(this.field(length, 8), statistics);
  }

  private readDropsBefore(length: number, packet: PacketRecord): void {
    const end = 28 + Math.ceil(packet.capturedLength / 4) * 4;
    // Most packets have no options at all.
    if (end + 4 > length - 4) return;
    for (const { code, at, size } of this.options(end, length)) {
      if (code !== dropOption.beforePacket || size < 8) continue;
      const count = dropCount(this.window.view.getBigUint64(at, this.littleEndian));
      this.drops.addBeforePacket(this.field(length, 8), count);
    }
  }

  private readPacket(length: number, packet: PacketRecord, id: number): void {
    this.requireBody(length, 20);
    const { view, offset } = this.window;
    const source = this.interface(id);
    const high = view.getUint32(offset + 12, this.littleEndian);
    const low = view.getUint32(offset + 16, this.littleEndian);
    if (source.unitsPerSecond === 1_000_000n) {
      // Microseconds since 1970 fit a double exactly; finer units do not.
      const units = high * 4294967296 + low;
      packet.seconds = Math.floor(units / 1e6);
      packet.nanoseconds = (units - packet.seconds * 1e6) * 1000;
    } else {
      const units = (BigInt(high) << 32n) | BigInt(low);
      packet.seconds = Number(units / source.unitsPerSecond);
      packet.nanoseconds = Number(((units % source.unitsPerSecond) * 1_000_000_000n) / source.unitsPerSecond);
    }
    packet.seconds += source.offsetSeconds;
    this.setData(packet, source, 28, view.getUint32(offset + 20, this.littleEndian), length - 32);
    packet.originalLength = view.getUint32(offset + 24, this.littleEndian);
  }

  /** A simple packet block has no time and no captured length of its own. */
  private readSimplePacket(length: number, packet: PacketRecord): void {
    packet.originalLength = this.field(length, 8);
    const source = this.interface(0);
    const limit = source.snapLength === 0 ? packet.originalLength : source.snapLength;
    packet.seconds = Number.NaN;
    packet.nanoseconds = Number.NaN;
    this.setData(packet, source, 12, Math.min(packet.originalLength, limit), length - 16);
  }

  private setData(
    packet: PacketRecord,
    source: CaptureInterface,
    at: number,
    captured: number,
    room: number,
  ): void {
    if (captured > room) throw this.fault(`a packet of ${captured} bytes in a block with room for ${room}`);
    packet.view = this.window.view;
    packet.offset = this.window.offset + at;
    packet.capturedLength = captured;
    packet.linkType = source.linkType;
  }

  private interface(id: number): CaptureInterface {
    const found = this.interfaces[id];
    if (found === undefined)
      throw this.fault(`a packet of interface ${id}, which the section does not describe`);
    return found;
  }

  private *options(from: number, length: number): Generator<{ code: number; at: number; size: number }> {
    const { view, offset } = this.window;
    let at = from;
    while (at + 4 <= length - 4) {
      const code = view.getUint16(offset + at, this.littleEndian);
      const size = view.getUint16(offset + at + 2, this.littleEndian);
      if (code === option.end) return;
      if (at + 4 + size > length - 4) throw this.fault('an option that is longer than its block');
      yield { code, at: offset + at + 4, size };
      at += 4 + size + ((4 - (size % 4)) % 4);
    }
  }

  private field(length: number, at: number): number {
    this.requireBody(length, at - 4);
    return this.window.view.getUint32(this.window.offset + at, this.littleEndian);
  }

  private requireBody(length: number, bytes: number): void {
    if (length < 12 + bytes) throw this.fault(`a block of ${length} bytes, too short for its type`);
  }

  private fault(reason: string): CaptureFault {
    return new CaptureFault(this.window.file, this.window.position, reason);
  }
}
