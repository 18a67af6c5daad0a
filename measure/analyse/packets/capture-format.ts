/** A capture that cannot be read at all, or only up to `offset`. */
export class CaptureFault extends Error {
  constructor(
    readonly file: string,
    /** Byte position in the file at which reading stopped. */
    readonly offset: number,
    readonly reason: string,
  ) {
    super(`${file}: ${reason}, at byte ${offset}`);
    this.name = 'CaptureFault';
  }
}

/**
 * The packet at hand. One object is filled again for every packet, so that reading allocates nothing; copy what has
 * to outlive the next call.
 */
export class PacketRecord {
  /** Captured bytes lie in `view` from `offset`, `capturedLength` of them. */
  view: DataView = new DataView(new ArrayBuffer(0));
  offset = 0;
  capturedLength = 0;
  /** Length on the wire, as the capturing program saw it. */
  originalLength = 0;
  /** Unix time, whole seconds, and nanoseconds within it; NaN where the format records no time. */
  seconds = 0;
  nanoseconds = 0;
  /** LINKTYPE_ value, see https://www.tcpdump.org/linktypes.html. */
  linkType = 0;
}

/** A record longer than this is taken for corruption (Wireshark's own limit is 256 KiB for most link types). */
export const longestRecord = 1 << 24;

/** One of the two file formats. `next` fills `packet`, or returns false at the end; a cut or corrupt file throws. */
export interface CaptureFormat {
  next(packet: PacketRecord): boolean;
  /** Coarsest step of the time stamps, nanoseconds. */
  readonly resolutionNanoseconds: number;
  /** Records whose fraction of a second is a second or more: they are read with the seconds that it makes. */
  readonly oddStamps: number;
  /** Drops recorded inside the file (pcapng interface statistics); null = the file does not say. */
  readonly recordedDrops: number | null;
}
