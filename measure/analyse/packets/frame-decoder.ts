import type { PacketRecord } from './capture-format';
import { Fragments } from './fragments';
import { LinkLayer } from './link-layer';
import { fragment, ipProtocolNotRead, notRead } from './not-read';

export const protocolTcp = 6;
export const protocolUdp = 17;
export const tcpFlag = { fin: 1, syn: 2, rst: 4, ack: 16 } as const;

const protocol = { ipv4: 4, ipv6: 41, gre: 47, mpls: 137 } as const;
/** IPv6 extension headers that are followed: hop-by-hop, routing, destination options, mobility (RFC 8200, 6275). */
const extensionHeaders = new Set([0, 43, 60, 135]);
const fragmentHeader = 44;
const authenticationHeader = 51;
/** IANA's port of VXLAN and the one that Linux took before (RFC 7348); Geneve's (RFC 8926). */
const vxlanPorts: ReadonlySet<number> = new Set([4789, 8472]);
const genevePort = 6081;
/** What GRE and Geneve call an Ethernet frame. */
const bridgedEthernet = 0x6558;

/**
 * Takes a frame apart down to TCP or UDP, through tunnels to the innermost packet unless `outer` is set. Like the packet
 * record, it is one object that is filled again and again. Addresses are four 32-bit words; IPv4 uses the last one. Lengths
 * come from the IP header, so that a short snap length does not falsify them, and are bounded by the frame.
 */
export class FrameDecoder extends LinkLayer {
  /** Frames of the datagram at hand, and their bytes on the wire: more than one where fragments were put together. */
  frames = 1;
  wireBytes = 0;
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
  /** TCP's window as it stands in the header, without its scale; null = not captured. */
  window: number | null = null;
  payloadLength = 0;
  /** Of TCP or UDP, as captured; 0 where it was cut off. */
  checksum = 0;

  private readonly fragments = new Fragments();
  private seconds = 0;

  constructor(private readonly outer = false) {
    super();
  }

  /** False where the frame is no TCP or UDP packet, or a part of one, or is cut before the end of its headers. */
  decode(packet: PacketRecord): boolean {
    this.frames = 1;
    this.wireBytes = packet.originalLength;
    this.seconds = packet.seconds;
    return this.link(packet);
  }

  protected ipv4(at: number): boolean {
    if (!this.has(at, 20)) return this.short(at, 20);
    const { view } = this;
    const first = view.getUint8(at);
    const headerLength = (first & 15) * 4;
    // 0 is what a sender with segmentation offload leaves for the card to fill in.
    const total = view.getUint16(at + 2) || this.wireEnd - at;
    if (first >> 4 !== 4 || headerLength < 20 || total < headerLength) return this.lie();
    this.bound(at + total);
    this.ipVersion = 4;
    this.ipId = view.getUint16(at + 4);
    this.source0 = this.source1 = this.source2 = 0;
    this.destination0 = this.destination1 = this.destination2 = 0;
    this.source3 = view.getUint32(at + 12);
    this.destination3 = view.getUint32(at + 16);
    const next = view.getUint8(at + 9);
    const parts = view.getUint16(at + 6);
    const body = at + headerLength;
    if ((parts & 0x3fff) === 0) return this.upper(next, body);
    return this.fragment(next, this.ipId, body, (parts & 0x1fff) * 8, (parts & 0x2000) === 0);
  }

  protected ipv6(at: number): boolean {
    if (!this.has(at, 40)) return this.short(at, 40);
    const { view } = this;
    if (view.getUint8(at) >> 4 !== 6) return this.lie();
    // 0 also stands for a jumbo payload.
    this.bound(at + 40 + (view.getUint16(at + 4) || this.wireEnd - at - 40));
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
    return this.afterIpv6(view.getUint8(at + 6), at + 40);
  }

  private afterIpv6(header: number, at: number): boolean {
    const { view } = this;
    let next = header;
    let body = at;
    for (;;) {
      let length = 8;
      if (next !== fragmentHeader && next !== authenticationHeader && !extensionHeaders.has(next)) {
        return this.upper(next, body);
      }
      if (!this.has(body, 8)) return this.short(body, 8);
      if (next === authenticationHeader) length = (view.getUint8(body + 1) + 2) * 4;
      else if (next !== fragmentHeader) length = (view.getUint8(body + 1) + 1) * 8;
      // An atomic fragment (RFC 6946) is whole; any other is a part.
      else if ((view.getUint16(body + 2) & 0xfff9) !== 0) {
        const parts = view.getUint16(body + 2);
        const id = view.getUint32(body + 4);
        return this.fragment(view.getUint8(body), id, body + 8, parts & 0xfff8, (parts & 1) === 0);
      }
      next = view.getUint8(body);
      body += length;
    }
  }

  /** What lies beyond the packet's own length is padding; a length beyond the frame is a lie. */
  private bound(packetEnd: number): void {
    if (packetEnd > this.wireEnd) this.lengthLies = true;
    else this.wireEnd = packetEnd;
    if (this.end > this.wireEnd) this.end = this.wireEnd;
  }

  /** Goes on with the datagram once all of its fragments are there. */
  private fragment(next: number, id: number, at: number, offset: number, isLast: boolean): boolean {
    const { view, end, wireEnd } = this;
    const length = wireEnd - at;
    if (length < 0 || (!isLast && length % 8 !== 0)) return this.lie();
    const whole = this.fragments.add({
      datagram: [
        ...[this.ipVersion, next, id],
        ...[this.source0, this.source1, this.source2, this.source3],
        ...[this.destination0, this.destination1, this.destination2, this.destination3],
      ].join(' '),
      offset,
      length,
      isLast,
      bytes: new Uint8Array(view.buffer, view.byteOffset + at, Math.max(0, end - at)),
      time: this.seconds,
      frames: this.frames,
      wireBytes: this.wireBytes,
    });
    if (whole === null) return this.fail(fragment);
    this.frames = whole.frames;
    this.wireBytes = whole.wireBytes;
    this.view = whole.head;
    this.end = whole.captured;
    this.wireEnd = whole.length;
    return this.ipVersion === 6 ? this.afterIpv6(next, 0) : this.upper(next, 0);
  }

  private upper(next: number, at: number): boolean {
    this.protocol = next;
    if (next === protocolTcp) return this.tcp(at);
    if (next === protocolUdp) return this.udp(at);
    if (this.outer) return this.fail(ipProtocolNotRead(next));
    switch (next) {
      case protocol.ipv4:
        return this.enter(this.ipVersion === 4 ? '4in4' : '4in6') && this.ipv4(at);
      case protocol.ipv6:
        return this.enter(this.ipVersion === 4 ? '6in4' : '6in6') && this.ipv6(at);
      case protocol.gre:
        return this.gre(at);
      case protocol.mpls:
        return this.mpls(at);
      default:
        return this.fail(ipProtocolNotRead(next));
    }
  }

  private tcp(at: number): boolean {
    const { view } = this;
    if (!this.has(at, 14)) return this.short(at, 14);
    const headerLength = (view.getUint8(at + 12) >> 4) * 4;
    const length = this.wireEnd - at;
    if (headerLength < 20 || length < headerLength) return this.lie();
    this.sequence = view.getUint32(at + 4);
    this.acknowledgement = view.getUint32(at + 8);
    this.flags = view.getUint8(at + 13);
    this.window = this.has(at, 16) ? view.getUint16(at + 14) : null;
    this.checksum = this.has(at, 18) ? view.getUint16(at + 16) : 0;
    this.payloadLength = length - headerLength;
    this.sourcePort = view.getUint16(at);
    this.destinationPort = view.getUint16(at + 2);
    return true;
  }

  private udp(at: number): boolean {
    const { view } = this;
    if (!this.has(at, 8)) return this.short(at, 8);
    // 0 is a jumbo datagram's, or left for the card to fill in.
    const length = view.getUint16(at + 4) || this.wireEnd - at;
    if (length < 8) this.lengthLies = true;
    else this.bound(at + length);
    const destinationPort = view.getUint16(at + 2);
    if (!this.outer && this.has(at, 16)) {
      // The flag for "a network is named", and all that is reserved.
      const isVxlan = vxlanPorts.has(destinationPort) && view.getUint32(at + 8) === 0x08000000;
      if (isVxlan) return this.enter('VXLAN') && this.ethernet(at + 16);
      if (destinationPort === genevePort && view.getUint8(at + 8) >> 6 === 0) return this.geneve(at + 8);
    }
    this.payloadLength = Math.max(0, this.wireEnd - at - 8);
    this.sequence = this.payloadLength >= 4 && this.has(at, 12) ? view.getUint32(at + 8) : 0;
    this.acknowledgement = this.payloadLength >= 8 && this.has(at, 16) ? view.getUint32(at + 12) : 0;
    this.flags = 0;
    this.window = null;
    this.checksum = view.getUint16(at + 6);
    this.sourcePort = view.getUint16(at);
    this.destinationPort = destinationPort;
    return true;
  }

  /** RFC 2784 and 2890; version 1 is that of PPTP (RFC 2637). */
  private gre(at: number): boolean {
    if (!this.has(at, 4)) return this.short(at, 4);
    if (!this.enter('GRE')) return false;
    const flags = this.view.getUint16(at);
    const type = this.view.getUint16(at + 2);
    const words = (...bits: number[]): number => bits.filter((bit) => flags & bit).length;
    if ((flags & 7) === 1) {
      const body = at + 8 + 4 * words(0x1000, 0x0080);
      return flags & 0x1000 ? this.ppp(body) : this.fail(notRead('acknowledgement of PPTP', false));
    }
    if ((flags & 0x4007) !== 0) return this.fail(notRead('GRE of an unknown version'));
    return this.carried(type, at + 4 + 4 * words(0x8000, 0x2000, 0x1000));
  }

  private geneve(at: number): boolean {
    const options = (this.view.getUint8(at) & 63) * 4;
    return this.enter('Geneve') && this.carried(this.view.getUint16(at + 2), at + 8 + options);
  }

  private carried(type: number, at: number): boolean {
    return type === bridgedEthernet ? this.ethernet(at) : this.network(type, at);
  }
}
