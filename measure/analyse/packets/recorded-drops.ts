/** Options of an interface statistics block, and of an enhanced packet block, that tell of drops (draft-ietf-opsawg-pcapng). */
export const dropOption = {
  byInterface: 5,
  acceptedByFilter: 6,
  bySystem: 7,
  delivered: 8,
  beforePacket: 4,
} as const;

/** What one statistics block says, by the option's code; the counts are since the capture began. */
export type DropStatistics = ReadonlyMap<number, number>;

/** What a writer puts where it does not know a count. */
const unknownCount = 0xffff_ffff_ffff_ffffn;
const unknownOldCount = 0xffff;

/** Null where the writer does not know the count. */
export function dropCount(value: bigint): number | null {
  return value === unknownCount ? null : Number(value);
}

/** Adds up the drops of one section's interfaces, of which a file may tell in several places, each in full. */
export class RecordedDrops {
  private readonly byStatistics = new Map<number, number>();
  private readonly beforePackets = new Map<number, number>();

  /** Null = the section does not say. */
  get total(): number | null {
    const interfaces = new Set([...this.byStatistics.keys(), ...this.beforePackets.keys()]);
    let total: number | null = null;
    for (const id of interfaces) {
      total = (total ?? 0) + Math.max(this.byStatistics.get(id) ?? 0, this.beforePackets.get(id) ?? 0);
    }
    return total;
  }

  /** A later block of the same interface replaces an earlier one. */
  setStatistics(id: number, statistics: DropStatistics): void {
    const byInterface = statistics.get(dropOption.byInterface);
    const bySystem = statistics.get(dropOption.bySystem);
    const accepted = statistics.get(dropOption.acceptedByFilter);
    const delivered = statistics.get(dropOption.delivered);
    // What passed the filter and was not delivered includes what the system dropped.
    const notDelivered =
      accepted === undefined || delivered === undefined ? undefined : Math.max(0, accepted - delivered);
    if (byInterface === undefined && bySystem === undefined && notDelivered === undefined) return;
    this.byStatistics.set(id, (byInterface ?? 0) + Math.max(bySystem ?? 0, notDelivered ?? 0));
  }

  /** Dropped between a packet and the one before it of the same interface; null = the writer does not know. */
  addBeforePacket(id: number, count: number | null): void {
    if (count !== null) this.beforePackets.set(id, (this.beforePackets.get(id) ?? 0) + count);
  }

  /** The same as the old packet block has it, in 16 bits. */
  addBeforeOldPacket(id: number, count: number): void {
    this.addBeforePacket(id, count === unknownOldCount ? null : count);
  }
}
