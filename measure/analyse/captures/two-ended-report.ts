import type { Histogram } from '../statistics/histogram';
import { type Spread, spread } from '../statistics/spread';
import type { MatchedDirection } from './direction-matcher';

/** What the captures of both ends say of one direction. */
export interface TwoEndedReport {
  /** Packets in the sender's and in the receiver's capture. */
  readonly sent: number;
  readonly received: number;
  /** Sent and never received, of those that the receiver's capture could have seen; null where `unknownBecause` says why. */
  readonly lost: number | null;
  readonly lossPercent: number | null;
  readonly unknownBecause: string | null;
  /** What the loss may contain besides; null = nothing that is known. */
  readonly lossCaveat: string | null;
  /** Of the lost: arrived, but after the wait. */
  readonly late: number;
  /** In one capture only, when the other had not begun or had ended: neither lost nor unexplained. */
  readonly leftOut: {
    readonly sentBefore: number;
    readonly sentAfter: number;
    readonly arrivedBefore: number;
    readonly arrivedAfter: number;
  };
  /** Arrived once more than they were sent. */
  readonly duplicates: number;
  readonly ambiguous: number;
  /** Received and not in the sender's capture. */
  readonly unexplained: number;
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
  /** Where packets refute that the clock is shared: by how much two clocks must differ at least. */
  readonly differBySeconds: number | null;
}

export function twoEnded(
  matched: MatchedDirection,
  loss: { readonly unknownBecause: string | null; readonly caveat: string | null },
  clocks: Clocks,
): TwoEndedReport {
  const { sent, received, lost, late, ambiguous, unexplained, transit, jitter } = matched;
  const { sentBefore, sentAfter, arrivedBefore, arrivedAfter } = matched;
  const { unknownBecause, caveat } = loss;
  const quantile = (histogram: Histogram): Spread | null => (clocks.bothHold ? spread(histogram) : null);
  const { mean, max: peak } = jitter.estimates;
  const [median, p95, p999] = [0.5, 0.95, 0.999].map((p) => jitter.delayVariation(p));
  const delayUnknownBecause = whyDelayIsUnknown(matched, clocks);
  const followed = sent - sentBefore - sentAfter;
  const known = unknownBecause === null && followed > 0;
  return {
    sent,
    received,
    lost: known ? lost : null,
    lossPercent: known ? (100 * lost) / followed : null,
    unknownBecause: known ? null : (unknownBecause ?? 'all was sent while the other capture did not run'),
    lossCaveat: known ? caveat : null,
    late,
    leftOut: { sentBefore, sentAfter, arrivedBefore, arrivedAfter },
    duplicates: matched.duplicates + matched.repeats,
    ambiguous,
    unexplained,
    oneWayDelay: delayUnknownBecause === null ? quantile(transit) : null,
    delayUnknownBecause,
    jitter: clocks.bothHold && mean !== null && peak !== null ? { mean, peak } : null,
    ipdv: quantile(jitter.variation),
    pdv: clocks.bothHold && median != null && p95 != null && p999 != null ? { median, p95, p999 } : null,
  };
}

function whyDelayIsUnknown({ transit }: MatchedDirection, clocks: Clocks): string | null {
  if (!clocks.sharedClock) return 'the captures are not said to share a clock (--shared-clock)';
  if (!clocks.bothHold) return 'a clock was set back';
  if (clocks.differBySeconds !== null) {
    return `packets would arrive before they were sent: the clocks differ by ${roundSeconds(clocks.differBySeconds)} s at least`;
  }
  return transit.count === 0 ? 'no packet was followed from end to end' : null;
}

export function roundSeconds(seconds: number): number {
  return Number(seconds.toPrecision(3));
}
