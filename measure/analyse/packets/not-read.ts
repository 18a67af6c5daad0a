/** Why a frame was not read down to TCP or UDP. */
export interface NotRead {
  readonly kind: string;
  /** False = it is known to be neither TCP nor UDP, nor to carry them. */
  readonly mayHideSessions: boolean;
}

const known = new Map<string, NotRead>();

/** One object for each kind, so that frames are counted by it. */
export function notRead(kind: string, mayHideSessions = true): NotRead {
  let reason = known.get(kind);
  if (reason === undefined) {
    reason = { kind, mayHideSessions };
    known.set(kind, reason);
  }
  return reason;
}

export const cutInHeaders = notRead('cut inside its headers');
export const malformed = notRead('malformed');
export const nestedTooDeep = notRead('headers nested too deep');
/** Also a fragment that came twice, or whose datagram ended in another file. */
export const fragment = notRead('IP fragment of a datagram that is not whole');

/** LINKTYPE_ values that people meet, https://www.tcpdump.org/linktypes.html. */
const linkTypes: Readonly<Record<number, string>> = {
  3: 'AX.25',
  6: 'Token Ring',
  105: 'IEEE 802.11',
  119: 'IEEE 802.11 with Prism header',
  127: 'IEEE 802.11 with radiotap',
  129: 'Linux ARCNET',
  140: 'MTP2',
  147: 'DLT_USER0',
  163: 'IEEE 802.11 with AVS header',
  187: 'Bluetooth HCI',
  189: 'USB on Linux',
  192: 'PPI',
  195: 'IEEE 802.15.4',
  201: 'Bluetooth HCI with direction',
  220: 'USB on Linux',
  227: 'SocketCAN',
  230: 'IEEE 802.15.4 without check sequence',
  239: 'NFLOG',
  249: 'USBPcap',
  251: 'Bluetooth LE',
  253: 'Netlink',
};

export function linkTypeNotRead(linkType: number): NotRead {
  const name = linkTypes[linkType];
  return notRead(`link type ${linkType}${name === undefined ? '' : ` (${name})`}`);
}

const etherTypes: Readonly<Record<number, string>> = {
  2054: 'ARP',
  32821: 'RARP',
  32923: 'AppleTalk',
  33011: 'AppleTalk ARP',
  33079: 'IPX',
  34824: 'Ethernet flow control',
  34825: 'LACP',
  34915: 'PPPoE discovery',
  34958: 'EAPOL',
  34962: 'PROFINET',
  35020: 'LLDP',
  35041: 'HomePlug',
  35063: 'PTP',
  35074: 'Ethernet OAM',
  36864: 'Ethernet loopback',
};

export function etherTypeNotRead(type: number): NotRead {
  const name = etherTypes[type];
  return name === undefined
    ? notRead(`EtherType 0x${type.toString(16).padStart(4, '0')}`)
    : notRead(name, false);
}

const ipProtocols: Readonly<Record<number, string>> = {
  1: 'ICMP',
  2: 'IGMP',
  46: 'RSVP',
  58: 'ICMPv6',
  59: 'IPv6 without a next header',
  88: 'EIGRP',
  89: 'OSPF',
  103: 'PIM',
  112: 'VRRP',
  132: 'SCTP',
};
/** They carry packets, and are not read to them: the first four with `outer` alone. */
const carriers: Readonly<Record<number, string>> = {
  4: 'IPv4 in IP',
  41: 'IPv6 in IP',
  47: 'GRE',
  137: 'MPLS in IP',
  50: 'ESP',
  55: 'IP mobility',
  94: 'IP in IP of KA9Q',
  97: 'EtherIP',
  108: 'IPComp',
  115: 'L2TP',
  136: 'UDP-Lite',
};

export function ipProtocolNotRead(protocol: number): NotRead {
  const name = ipProtocols[protocol];
  return name === undefined
    ? notRead(carriers[protocol] ?? `IP protocol ${protocol}`, protocol in carriers)
    : notRead(name, false);
}
