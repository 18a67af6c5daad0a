import type { SessionMatch, SessionMatches } from './capture-sessions';
import { roundSeconds } from './two-ended-report';
import { hasCopies } from './unknown-loss';

/** What one of the captures has and lacks, all sessions counted that both have. */
interface EndTotals {
  readonly file: string;
  packets: number;
  /** Of its packets, those that it has twice within a millisecond. */
  twice: number;
  /** Packets of the other capture from before this one began, and after it ended. */
  before: number;
  after: number;
}

/** What a reader must know of the figures of two captures together. */
export function notesOfPair(clientFile: string, serverFile: string, matches: SessionMatches): string[] {
  const client: EndTotals = { file: clientFile, packets: 0, twice: 0, before: 0, after: 0 };
  const server: EndTotals = { ...client, file: serverFile };
  let late = 0;
  let duplicates = 0;
  for (const match of matches.bySession.values()) {
    const { toServer, toClient } = match;
    late += toServer.late + toClient.late;
    for (const direction of [toServer, toClient]) {
      // Copies that the capture itself has made are none of the network's.
      if (!hasCopies(direction.twiceAtReceiver, direction.received)) duplicates += direction.duplicates;
    }
    if (isAtBothEnds(match)) {
      addEnd(client, match, 'toServer', 'toClient');
      addEnd(server, match, 'toClient', 'toServer');
    }
  }
  const differ = matches.clocksDifferBySeconds;
  return [
    ...(differ === null
      ? []
      : [
          `packets would arrive before they were sent: the clocks are not one, they differ by ${roundSeconds(differ)} s at least; delays are unknown, and no packet is lost for its delay`,
        ]),
    ...[client, server].flatMap(notesOfEnd),
    ...(late > 0
      ? [`${late} of the lost packets arrived, but after more than ${matches.waitSeconds} s`]
      : []),
    ...(duplicates > 0
      ? [`${duplicates} packets arrived once more: duplicates made by the network, which are no loss`]
      : []),
  ];
}

function isAtBothEnds({ toServer, toClient }: SessionMatch): boolean {
  return toServer.sent + toClient.received > 0 && toServer.received + toClient.sent > 0;
}

function addEnd(
  end: EndTotals,
  match: SessionMatch,
  from: keyof SessionMatch,
  towards: keyof SessionMatch,
): void {
  const { [from]: sending, [towards]: receiving } = match;
  end.packets += sending.sent + receiving.received;
  end.twice += sending.twiceAtSender + receiving.twiceAtReceiver;
  end.before += sending.arrivedBefore + receiving.sentBefore;
  end.after += sending.arrivedAfter + receiving.sentAfter;
}

function notesOfEnd({ file, packets, twice, before, after }: EndTotals): string[] {
  return [
    ...(hasCopies(twice, packets)
      ? [`${file} has ${twice} of ${packets} packets twice within a millisecond; they are in all counts`]
      : []),
    ...(before > 0
      ? [`${file} began later than the other: ${before} packets from before it are left out, not lost`]
      : []),
    ...(after > 0
      ? [`${file} ended sooner than the other: ${after} packets from after it are left out, not lost`]
      : []),
  ];
}
