import type { PacketRecord } from './capture-format';
import {
  cutInHeaders,
  etherTypeNotRead,
  linkTypeNotRead,
  malformed,
  type NotRead,
  nestedTooDeep,
  notRead,
} from './not-read';

const etherType = {
  ipv4: 0x0800,
  vlan: 0x8100,
  ipv6: 0x86dd,
  serviceVlan: 0x88a8,
  oldVlan: 0x9100,
  mpls: 0x8847,
  mplsMulticast: 0x8848,
  pppoe: 0x8864,
  ppp: 0x880b,
} as const;
const vlans: ReadonlySet<number> = new Set([etherType.vlan, etherType.serviceVlan, etherType.oldVlan]);
/** What a pseudowire without a control word is taken for Ethernet by. */
const plausible: ReadonlySet<number> = new Set([...Object.values(etherType), 0x0806]);
const deepest = 32;

/**
 * The headers before IP, and the bounds of what is read. A method answers whether the frame was read down to TCP or UDP; if
 * not, `unread` says why.
 */
export abstract class LinkLayer {
  /** What the packet lay inside, the outermost last, such as "VXLAN in VLAN"; '' = nothing. */
  inside = '';
  /** Why `decode` has answered false. */
  unread: NotRead | null = null;
  /** A length in a header is not possible. It was bounded by the frame where the frame could be read. */
  lengthLies = false;

  protected view: DataView = new DataView(new ArrayBuffer(0));
  /** Ends of what was captured, and of what there was, as offsets in `view`. */
  protected end = 0;
  protected wireEnd = 0;
  private depth = 0;

  protected abstract ipv4(at: number): boolean;
  protected abstract ipv6(at: number): boolean;

  protected link(packet: PacketRecord): boolean {
    this.inside = '';
    this.unread = null;
    this.lengthLies = false;
    this.depth = 0;
    this.view = packet.view;
    const at = packet.offset;
    this.end = at + packet.capturedLength;
    this.wireEnd = at + Math.max(packet.originalLength, packet.capturedLength);
    switch (packet.linkType) {
      case 1:
        return this.ethernet(at);
      case 0: // BSD loopback
      case 108:
        return this.internet(at + 4);
      case 9: // PPP, also with the header of HDLC
      case 50:
        return this.ppp(at);
      case 204: // PPP with a byte for the direction
        return this.ppp(at + 1);
      case 51:
        return this.pppoe(at);
      case 10: // FDDI
        return this.llc(at + 13);
      case 100: // RFC 2684
        return this.llc(at);
      case 104: // Cisco HDLC
        return this.has(at, 4) ? this.network(this.view.getUint16(at + 2), at + 4) : this.short(at, 4);
      case 113: // Linux cooked
        return this.has(at, 16) ? this.network(this.view.getUint16(at + 14), at + 16) : this.short(at, 16);
      case 276:
        return this.has(at, 20) ? this.network(this.view.getUint16(at), at + 20) : this.short(at, 20);
      case 12: // Raw IP; 14 in OpenBSD's files
      case 14:
      case 101:
      case 228:
      case 229:
        return this.internet(at);
      default:
        return this.fail(linkTypeNotRead(packet.linkType));
    }
  }

  protected has(at: number, bytes: number): boolean {
    return at + bytes <= this.end;
  }

  protected fail(reason: NotRead): false {
    this.unread = reason;
    return false;
  }

  /** For a header that is not there as a whole: cut by the snap length, or longer than its frame. */
  protected short(at: number, bytes: number): false {
    return at + bytes > this.wireEnd ? this.lie() : this.fail(cutInHeaders);
  }

  protected lie(): false {
    this.lengthLies = true;
    return this.fail(malformed);
  }

  /** Goes into `name`; false where headers are nested without end. */
  protected enter(name: string): boolean {
    this.depth += 1;
    if (this.depth > deepest) return this.fail(nestedTooDeep);
    this.inside = this.inside === '' ? name : `${name} in ${this.inside}`;
    return true;
  }

  protected ethernet(at: number): boolean {
    return this.has(at, 14) ? this.network(this.view.getUint16(at + 12), at + 14) : this.short(at, 14);
  }

  protected network(type: number, at: number): boolean {
    if (type === etherType.ipv4) return this.ipv4(at);
    if (type === etherType.ipv6) return this.ipv6(at);
    if (type <= 1500) return this.llc(at);
    if (vlans.has(type)) {
      if (!this.has(at, 4)) return this.short(at, 4);
      const inner = this.view.getUint16(at + 2);
      if (!vlans.has(inner)) return this.enter('VLAN') && this.network(inner, at + 4);
      if (!this.has(at, 8)) return this.short(at, 8);
      return this.enter('QinQ') && this.network(this.view.getUint16(at + 6), at + 8);
    }
    switch (type) {
      case etherType.mpls:
      case etherType.mplsMulticast:
        return this.mpls(at);
      case etherType.pppoe:
        return this.pppoe(at);
      case etherType.ppp:
        return this.ppp(at);
      default:
        return this.fail(etherTypeNotRead(type));
    }
  }

  protected internet(at: number): boolean {
    if (!this.has(at, 1)) return this.short(at, 1);
    const version = this.view.getUint8(at) >> 4;
    if (version === 4) return this.ipv4(at);
    return version === 6 ? this.ipv6(at) : this.fail(notRead('neither IPv4 nor IPv6'));
  }

  /** A stack of labels (RFC 3032); what it carries is not said, and told by its first four bits (RFC 4928). */
  protected mpls(stack: number): boolean {
    let at = stack;
    do {
      if (!this.has(at, 4)) return this.short(at, 4);
      at += 4;
    } while ((this.view.getUint8(at - 2) & 1) === 0);
    if (!this.enter('MPLS')) return false;
    if (!this.has(at, 1)) return this.short(at, 1);
    const first = this.view.getUint8(at) >> 4;
    if (first === 4) return this.ipv4(at);
    if (first === 6) return this.ipv6(at);
    // A pseudowire (RFC 4448), with a control word or without.
    for (const frame of first === 0 ? [at + 4, at] : [at]) {
      if (this.has(frame, 14) && plausible.has(this.view.getUint16(frame + 12))) return this.ethernet(frame);
    }
    return this.fail(notRead('MPLS with an unknown payload'));
  }

  protected ppp(begin: number): boolean {
    // Address and control field may be left out, as may the first byte of the protocol (RFC 1661).
    let at = begin;
    if (!this.has(at, 2)) return this.short(at, 2);
    if (this.view.getUint16(at) === 0xff03) at += 2;
    if (!this.has(at, 2)) return this.short(at, 2);
    const short = this.view.getUint8(at) & 1;
    const protocol = short ? this.view.getUint8(at) : this.view.getUint16(at);
    at += short ? 1 : 2;
    if (protocol === 0x0021) return this.ipv4(at);
    if (protocol === 0x0057) return this.ipv6(at);
    if (protocol === 0x0281) return this.mpls(at);
    const name = `PPP protocol 0x${protocol.toString(16).padStart(4, '0')}`;
    // From 0x8000 on they set up the link and the protocols above it.
    return this.fail(protocol >= 0x8000 ? notRead('control of PPP', false) : notRead(name));
  }

  private pppoe(at: number): boolean {
    if (!this.has(at, 8)) return this.short(at, 8);
    return this.enter('PPPoE') && this.ppp(at + 6);
  }

  /** IEEE 802.2, with or without SNAP. */
  private llc(at: number): boolean {
    if (!this.has(at, 3)) return this.short(at, 3);
    const access = this.view.getUint16(at);
    if (access === 0x0606) return this.ipv4(at + 3);
    if (access !== 0xaaaa) return this.fail(notRead('IEEE 802.2 LLC', false));
    if (!this.has(at, 8)) return this.short(at, 8);
    const organisation = this.view.getUint32(at + 2) & 0xffffff;
    const type = this.view.getUint16(at + 6);
    return organisation === 0 && type > 1500
      ? this.enter('SNAP') && this.network(type, at + 8)
      : this.fail(notRead('IEEE 802.2 SNAP', false));
  }
}
