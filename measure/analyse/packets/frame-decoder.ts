import type { PacketRecord } from './capture-format';

export const protocolTcp = 6;
export const protocolUdp = 17;
export const tcpFlag = { fin: 1, syn: 2, rst: 4, ack: 16 } as const;

const etherType = { ipv4: 0x0800, ipv6: 0x86dd, vlan: 0x8100, serviceVlan: 0x88a8, oldVlan: 0x9100 } as const;
/** LINKTYPE_ values, https://www.tcpdump.org/linktypes.html. */
const linkType = {
  null: 0,
  ethernet: 1,
  rawBsd: 12,
  rawOpenBsd: 14,
  raw: 101,
  loop: 108,
  cooked: 113,
} as const;
const linkTypeIpv4 = 228;
const linkTypeIpv6 = 229;
const linkTypeCooked2 = 276;
/** IPv6 extension headers that are followed: hop-by-hop, routing, destination options, mobility (RFC 8200, 6275). */
const extensionHeaders = new Set([0, 43, 60, 135]);
const fragmentHeader = 44;
const authenticationHeader = 51;

/**
 * Takes a frame apart down to TCP or UDP. Like the packet record, it is one object that is filled again and again.
 * Addresses are four 32-bit words; IPv4 uses the last one. Lengths come from the IP header, so that a short snap length does
 * not falsify them.
 */
export class FrameDecoder {
  ipVersion: 4 | 6 = 4;
  protocol = 0;
  source0 = 0;
  source1 = 0;
  source2 = 0;
  source3 = 0;
  destination0 = 0;
  destination1 = 0;
  destination2 = 0;
  destination3 = 0;
  sourcePort = 0;
  destinationPort = 0;
  /** IPv4 identification; 0 for IPv6, which has none. */
  ipId = 0;
  /** TCP's sequence and acknowledgement number. UDP has none: its first eight bytes of payload tell packets apart. */
  sequence = 0;
  acknowledgement = 0;
  flags = 0;
  payloadLength = 0;
  /** Of TCP or UDP, as captured; 0 where it was cut off. */
  checksum = 0;

  private view: DataView = new DataView(new ArrayBuffer(0));
  private end = 0;
  /** Where the frame begins, as an offset in `view`. */
  private wireEnd = 0;

  /** False where the frame is not an unfragmented TCP or UDP packet, or is cut before the end of its headers. */
  decode(packet: PacketRecord): boolean {
    this.view = packet.view;
    this.end = packet.offset + packet.capturedLength;
    this.wireEnd = packet.offset + packet.originalLength;
    const at = packet.offset;
    switch (packet.linkType) {
      case linkType.ethernet:
        return this.has(at, 14) && this.network(this.view.getUint16(at + 12), at + 14);
      case linkType.cooked:
        return this.has(at, 16) && this.network(this.view.getUint16(at + 14), at + 16);
      case linkTypeCooked2:
        return this.has(at, 20) && this.network(this.view.getUint16(at), at + 20);
      case linkType.null:
      case linkType.loop:
        return this.internet(at + 4);
      case linkType.raw:
      case linkType.rawBsd:
      case linkType.rawOpenBsd:
      case linkTypeIpv4:
      case linkTypeIpv6:
        return this.internet(at);
      default:
        return false;
    }
  }

  private has(at: number, bytes: number): boolean {
    return at + bytes <= this.end;
  }

  private network(type: number, at: number): boolean {
    if (type === etherType.ipv4) return this.ipv4(at);
    if (type === etherType.ipv6) return this.ipv6(at);
    if (type === etherType.vlan || type === etherType.serviceVlan || type === etherType.oldVlan) {
      return this.has(at, 4) && this.network(this.view.getUint16(at + 2), at + 4);
    }
    return false;
  }

  private internet(at: number): boolean {
    if (!this.has(at, 1)) return false;
    const version = this.view.getUint8(at) >> 4;
    return version === 4 ? this.ipv4(at) : version === 6 && this.ipv6(at);
  }

  private ipv4(at: number): boolean {
    if (!this.has(at, 20)) return false;
    const { view } = this;
    const first = view.getUint8(at);
    const headerLength = (first & 15) * 4;
    if (first >> 4 !== 4 || headerLength < 20) return false;
    // More fragments, or a fragment offset: ports and lengths would be those of a part.
    if ((view.getUint16(at + 6) & 0x3fff) !== 0) return false;
    this.ipVersion = 4;
    this.protocol = view.getUint8(at + 9);
    this.ipId = view.getUint16(at + 4);
    this.source0 = this.source1 = this.source2 = 0;
    this.destination0 = this.destination1 = this.destination2 = 0;
    this.source3 = view.getUint32(at + 12);
    this.destination3 = view.getUint32(at + 16);
    // 0 is what a sender with segmentation offload leaves for the card to fill in.
    const total = view.getUint16(at + 2) || this.wireEnd - at;
    return this.transport(at + headerLength, total - headerLength);
  }

  private ipv6(at: number): boolean {
    if (!this.has(at, 40)) return false;
    const { view } = this;
    if (view.getUint8(at) >> 4 !== 6) return false;
    this.ipVersion = 6;
    this.ipId = 0;
    this.source0 = view.getUint32(at + 8);
    this.source1 = view.getUint32(at + 12);
    this.source2 = view.getUint32(at + 16);
    this.source3 = view.getUint32(at + 20);
    this.destination0 = view.getUint32(at + 24);
    this.destination1 = view.getUint32(at + 28);
    this.destination2 = view.getUint32(at + 32);
    this.destination3 = view.getUint32(at + 36);
    const bodyEnd = at + 40 + (view.getUint16(at + 4) || this.wireEnd - at - 40);
    let next = view.getUint8(at + 6);
    let body = at + 40;
    for (;;) {
      let length: number;
      if (extensionHeaders.has(next)) {
        if (!this.has(body, 8)) return false;
        length = (view.getUint8(body + 1) + 1) * 8;
      } else if (next === authenticationHeader) {
        if (!this.has(body, 8)) return false;
        length = (view.getUint8(body + 1) + 2) * 4;
      } else if (next === fragmentHeader) {
        // An atomic fragment (RFC 6946) is whole; any other is a part.
        if (!this.has(body, 8) || (view.getUint16(body + 2) & 0xfff9) !== 0) return false;
        length = 8;
      } else {
        break;
      }
      next = view.getUint8(body);
      body += length;
    }
    this.protocol = next;
    return this.transport(body, bodyEnd - body);
  }

  private transport(at: number, length: number): boolean {
    const { view } = this;
    if (this.protocol === protocolTcp) {
      if (!this.has(at, 14)) return false;
      const headerLength = (view.getUint8(at + 12) >> 4) * 4;
      if (headerLength < 20 || length < headerLength) return false;
      this.sequence = view.getUint32(at + 4);
      this.acknowledgement = view.getUint32(at + 8);
      this.flags = view.getUint8(at + 13);
      this.payloadLength = length - headerLength;
      this.checksum = this.has(at, 18) ? view.getUint16(at + 16) : 0;
    } else if (this.protocol === protocolUdp) {
      if (!this.has(at, 8) || length < 8) return false;
      this.sequence = length >= 12 && this.has(at, 12) ? view.getUint32(at + 8) : 0;
      this.acknowledgement = length >= 16 && this.has(at, 16) ? view.getUint32(at + 12) : 0;
      this.flags = 0;
      this.payloadLength = length - 8;
      this.checksum = view.getUint16(at + 6);
    } else {
      return false;
    }
    this.sourcePort = view.getUint16(at);
    this.destinationPort = view.getUint16(at + 2);
    return true;
  }
}
