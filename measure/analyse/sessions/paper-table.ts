/** Packets of a capture, as Wireshark's statistics dialogue sums them up. Null = unknown. */
export interface PacketSummary {
  readonly packets: number;
  /** First packet to last. */
  readonly seconds: number | null;
  readonly packetsPerSecond: number | null;
  readonly averagePacketBytes: number | null;
  /** Frames on the wire, link header included. */
  readonly bytes: number;
  readonly bytesPerSecond: number | null;
  readonly bitsPerSecond: number | null;
}

/** The paper's table of a session: all that was captured, and what a display filter shows of it. */
export interface PaperTable {
  readonly captured: PacketSummary;
  readonly displayed: PacketSummary;
}

/** Rates need a span: one packet, or a clock that cannot be trusted, has none. */
export function summarisePackets(packets: number, bytes: number, seconds: number | null): PacketSummary {
  const per = (amount: number): number | null => (seconds === null || seconds <= 0 ? null : amount / seconds);
  return {
    packets,
    seconds,
    packetsPerSecond: per(packets),
    averagePacketBytes: packets === 0 ? null : bytes / packets,
    bytes,
    bytesPerSecond: per(bytes),
    bitsPerSecond: per(bytes * 8),
  };
}
