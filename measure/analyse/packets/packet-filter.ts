import { isIPv4 } from 'node:net';
import type { FrameDecoder } from './frame-decoder';
import { type IpAddress, parseAddress } from './ip-address';

/** Shows only the TCP and UDP packets from or to an address, a port, or both, as a display filter of Wireshark does. */
export class PacketFilter {
  private readonly ip: IpAddress | null;

  /** Throws RangeError if the address is not valid or the port is not from 1 to 65535. */
  constructor(
    readonly address: string | null,
    readonly port: number | null,
  ) {
    this.ip = address === null ? null : parseAddress(address);
    if (port !== null && (!Number.isInteger(port) || port < 1 || port > 65535)) {
      throw new RangeError(`${port} is not a port: 1 to 65535`);
    }
  }

  get isOpen(): boolean {
    return this.ip === null && this.port === null;
  }

  accepts(frame: FrameDecoder): boolean {
    return (
      (this.port === null || frame.sourcePort === this.port || frame.destinationPort === this.port) &&
      (this.ip === null || this.isSource(frame) || this.isDestination(frame))
    );
  }

  /** True if the frame's source has the given address and port; one that is not given matches any. */
  fromServer(frame: FrameDecoder): boolean {
    return (
      (this.ip === null || this.isSource(frame)) && (this.port === null || frame.sourcePort === this.port)
    );
  }

  toServer(frame: FrameDecoder): boolean {
    return (
      (this.ip === null || this.isDestination(frame)) &&
      (this.port === null || frame.destinationPort === this.port)
    );
  }

  /** The display filter of Wireshark and tshark that shows the same packets; null = all of them. */
  get expression(): string | null {
    if (this.isOpen) return null;
    const { address, port } = this;
    return [
      ...(address === null ? [] : [`${isIPv4(address) ? 'ip' : 'ipv6'}.addr == ${address}`]),
      port === null ? '(tcp or udp)' : `(tcp.port == ${port} or udp.port == ${port})`,
      // They quote the headers of others.
      'not icmp and not icmpv6',
    ].join(' and ');
  }

  private isSource(frame: FrameDecoder): boolean {
    const { ip } = this;
    return (
      ip !== null &&
      frame.ipVersion === ip.version &&
      frame.source3 === ip.words[3] &&
      frame.source2 === ip.words[2] &&
      frame.source1 === ip.words[1] &&
      frame.source0 === ip.words[0]
    );
  }

  private isDestination(frame: FrameDecoder): boolean {
    const { ip } = this;
    return (
      ip !== null &&
      frame.ipVersion === ip.version &&
      frame.destination3 === ip.words[3] &&
      frame.destination2 === ip.words[2] &&
      frame.destination1 === ip.words[1] &&
      frame.destination0 === ip.words[0]
    );
  }
}
