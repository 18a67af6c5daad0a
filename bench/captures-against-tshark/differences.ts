export const measures = ['packets', 'bytes', 'microseconds', 'sessions', 'again'] as const;
export type Measure = (typeof measures)[number];
/** `microseconds` from the earliest frame to the latest; `again` is retransmissions and what came out of order. */
export type Figures = Readonly<Record<Measure, number>>;

export interface Reading {
  /** Null = the file was refused. */
  readonly figures: Figures | null;
  readonly refused: string | null;
  readonly partial: string | null;
  /** Ours: what was not read. Tshark's: the protocols that were found. */
  readonly kinds: readonly string[];
}

/** The known kind of a difference; null = there is none. */
export function explain(measure: Measure, ours: Reading, theirs: Reading): string | null {
  if (ours.figures === null) return 'refused here by name';
  if (theirs.figures === null || theirs.figures.packets === 0) return 'tshark does not read the link type';
  if (ours.partial !== null || theirs.partial !== null) return 'cut off or corrupt';
  if (measure === 'bytes' && theirs.kinds.includes('atm'))
    return 'tshark leaves out the pseudo-header of ATM';
  const lies = ours.kinds.includes('lengths that lie');
  if (measure === 'microseconds' && ours.kinds.includes('odd stamps')) {
    return 'fractions of more than a second, which tshark does not carry or takes for negative';
  }
  if (measure === 'again' && theirs.kinds.includes('reset with data')) {
    return 'a reset with data behind others is sent again to tshark';
  }
  if (measure === 'again' && theirs.kinds.includes('repeats one byte')) {
    return 'a segment that repeats one byte and brings new ones is not sent again to tshark';
  }
  if (measure === 'again' && lies) return 'lengths that lie, which are bounded here';
  if (measure === 'sessions') return explainSessions(ours, ours.figures, theirs, theirs.figures);
  return null;
}

function explainSessions(ours: Reading, mine: Figures, theirs: Reading, other: Figures): string | null {
  const found = (name: string): boolean => theirs.kinds.includes(name);
  const unread = (begin: string): boolean => ours.kinds.some((kind) => kind.startsWith(begin));
  if (mine.sessions > other.sessions) {
    if (found('mpls')) return 'MPLS in UDP is its outer datagram here';
    const isRead = other.sessions > 0 && (found('tcp') || found('udp'));
    return isRead ? null : 'tshark does not read it to TCP or UDP: jumbo payloads';
  }
  if (found('openflow_v4')) return 'tshark reads packets that OpenFlow quotes';
  if (unread('malformed')) return 'malformed headers: counted as such here, a session to tshark';
  if (unread('link type')) return 'link type not read here: said by kind';
  if (unread('EtherType')) return 'EtherType not read here: said by kind';
  if (unread('PIM')) return 'packets inside PIM registers: said by kind';
  if (unread('IP fragment')) return 'a first fragment alone is a session to tshark';
  return null;
}
