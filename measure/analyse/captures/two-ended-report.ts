import type { Histogram } from '../statistics/histogram';
import { type Spread, spread } from '../statistics/spread';
import type { MatchedDirection } from './match-captures';

/** What the captures of both ends say of one direction. */
export interface TwoEndedReport {
  /** Packets at the sender's end. */
  readonly sent: number;
  readonly received: number;
  /** Sent and never received; null where `unknownBecause` says why. */
  readonly lost: number | null;
  readonly lossPercent: number | null;
  readonly unknownBecause: string | null;
  readonly ambiguous: number;
  /** Received and not in the sender's capture. */
  readonly unexplained: number;
  /** Of the lost: sent before the first or after the last packet that arrived. */
  readonly lostAtBegin: number;
  readonly lostAtEnd: number;
  readonly oneWayDelay: Spread | null;
  readonly delayUnknownBecause: string | null;
  /** RFC 3550: mean of the running estimate, and its peak. */
  readonly jitter: { readonly mean: number; readonly peak: number } | null;
  /** |IPDV| of RFC 3393, against the packet before. */
  readonly ipdv: Spread | null;
  /** Delay less the smallest delay (RFC 5481). */
  readonly pdv: { readonly median: number; readonly p95: number; readonly p999: number } | null;
}

/** What is known of the clocks that stamped the captures. */
export interface Clocks {
  readonly clockHolds: boolean;
  readonly bothHold: boolean;
  readonly sharedClock: boolean;
}

export function twoEnded(
  matched: MatchedDirection,
  unknownLoss: string | null,
  clocks: Clocks,
): TwoEndedReport {
  const { sent, lost, ambiguous, unexplained, lostAtBegin, lostAtEnd, transit, jitter } = matched;
  const unknownBecause = unknownLoss ?? whyDirectionIsUnknown(matched);
  const quantile = (histogram: Histogram): Spread | null => (clocks.bothHold ? spread(histogram) : null);
  const { mean, max: peak } = jitter.estimates;
  const [median, p95, p999] = [0.5, 0.95, 0.999].map((p) => jitter.delayVariation(p));
  const delayUnknownBecause = whyDelayIsUnknown(matched, clocks);
  return {
    sent,
    received: matched.matched + unexplained,
    lost: unknownBecause === null ? lost : null,
    lossPercent: unknownBecause === null ? (100 * lost) / sent : null,
    unknownBecause,
    ambiguous,
    unexplained,
    lostAtBegin,
    lostAtEnd,
    oneWayDelay: delayUnknownBecause === null ? quantile(transit) : null,
    delayUnknownBecause,
    jitter: clocks.bothHold && mean !== null && peak !== null ? { mean, peak } : null,
    ipdv: quantile(jitter.variation),
    pdv: clocks.bothHold && median != null && p95 != null && p999 != null ? { median, p95, p999 } : null,
  };
}

function whyDirectionIsUnknown({ sent, matched, unexplained }: MatchedDirection): string | null {
  if (sent === 0) return 'nothing was sent';
  if (matched === 0 && unexplained > 0) {
    return 'no packet of one capture is in the other: other sessions, segmentation offload, or addresses rewritten in between';
  }
  if (unexplained > 0) {
    return `${unexplained} packets arrived that the sender's capture has not seen (if the client is at the other end, name the server: --address)`;
  }
  return null;
}

function whyDelayIsUnknown({ transit, negativeTransits }: MatchedDirection, clocks: Clocks): string | null {
  if (!clocks.sharedClock) return 'the captures are not said to share a clock (--shared-clock)';
  if (!clocks.bothHold) return 'a clock was set back';
  if (negativeTransits > 0)
    return `${negativeTransits} packets are stamped later where they were sent than where they arrived`;
  return transit.count === 0 ? 'no packet was followed from end to end' : null;
}
