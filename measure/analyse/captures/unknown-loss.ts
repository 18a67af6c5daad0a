import type { MatchedDirection } from './direction-matcher';

/** What the reasons call the captures at a direction's two ends. */
export interface EndNames {
  readonly sender: string;
  readonly receiver: string;
}

/**
 * Share of packets that came within a millisecond after the same one: a half where a capture has each twice, two thirds
 * where it has them three times. More is a sender of packets that are all alike.
 */
const copies = { least: 1 / 3, most: 0.8 } as const;

/** Why a direction's packets, as both captures have them, do not tell its loss; null = they do. */
export function whyDirectionIsUnknown(
  direction: MatchedDirection,
  opposite: MatchedDirection,
  { sender, receiver }: EndNames,
): string | null {
  const { sent, received, matched, late, repeats, unexplained } = direction;
  const atSender = sent + opposite.received;
  const atReceiver = received + opposite.sent;
  if (atSender === 0 || atReceiver === 0) {
    if (atSender + atReceiver === 0) return 'nothing was sent';
    return `${atSender === 0 ? sender : receiver} has no packet of this session: addresses or ports rewritten in between (NAT), or another session`;
  }
  if (sent + received === 0) return 'nothing was sent';
  if (sent === 0 || received === 0) {
    return `${sent === 0 ? sender : receiver} has this session in the other direction only`;
  }
  const doubled = hasCopies(direction.twiceAtSender, sent)
    ? sender
    : hasCopies(direction.twiceAtReceiver, received)
      ? receiver
      : null;
  if (doubled !== null) {
    return `${doubled} has most packets twice within a millisecond, as a router's "any" device or a mirror port gives them`;
  }
  if (matched === 0 && unexplained > 0) {
    return 'no packet of one capture is in the other: other sessions, segmentation offload, or addresses rewritten in between';
  }
  if (matched === 0 && late > 0) {
    return `none of the packets arrived in time, and ${late} did later: the clocks may not be one`;
  }
  if (unexplained > 0) {
    return `${unexplained} packets arrived that the sender's capture has not seen (if the client is at the other end, name the server: --address)`;
  }
  if (repeats > 0) {
    return `${repeats} packets arrived more often than they were sent: duplicates made by the network, or sent again unseen (they bear no number that would tell)`;
  }
  return null;
}

export function hasCopies(repeated: number, packets: number): boolean {
  return repeated >= copies.least * packets && repeated <= copies.most * packets && repeated > 0;
}
