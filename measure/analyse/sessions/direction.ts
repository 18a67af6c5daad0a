import type { QosSession } from '../../run/raw-data';
import type { DirectionTotals } from '../captures/capture-analysis';
import type { MatchedCaptures, MatchedDirection } from '../captures/match-captures';
import type { Histogram } from '../statistics/histogram';
import { type Spread, spread } from '../statistics/spread';

export type Direction = 'to server' | 'to client';

/** One direction of one session. Bytes on the wire are whole frames without their check sequence. Rates are bit/s over the session. */
export interface DirectionResult {
  readonly direction: Direction;
  readonly packets: number;
  readonly wireBytes: number;
  readonly payloadBytes: number;
  readonly throughputBitsPerSecond: number | null;
  readonly goodputBitsPerSecond: number | null;
  /** Share of the packets, %, as the receiver's end sees it. Not a loss: a single capture cannot tell. */
  readonly retransmissionPercent: number | null;
  readonly outOfOrderPackets: number;
  /** Inter-arrival gap: what many papers call delay; for comparison only. */
  readonly gap: Spread | null;
  readonly loss: {
    readonly sent: number;
    readonly lost: number;
    readonly ambiguous: number;
    readonly unexplained: number;
    /** Null = unknown, and why. */
    readonly percent: number | null;
    readonly unknownBecause: string | null;
  } | null;
  readonly oneWayDelay: Spread | null;
  /** Difference of neighbouring packets' delays, absolute (RFC 3393). */
  readonly delayVariation: Spread | null;
  /** RFC 3550 estimator: mean over the session, and its peak. */
  readonly jitterSeconds: { readonly mean: number; readonly peak: number } | null;
}

export function analyseDirection(
  direction: Direction,
  totals: DirectionTotals,
  matched: MatchedDirection | undefined,
  seconds: number | null,
  unknownLoss: string | null,
): DirectionResult {
  const rate = (bytes: number): number | null => (seconds === null ? null : (bytes * 8) / seconds);
  const known = matched !== undefined && unknownLoss === null;
  const mean = matched?.jitter.estimates.mean ?? null;
  const peak = matched?.jitter.estimates.max ?? null;
  const transit = delays(matched);
  return {
    direction,
    packets: totals.packets,
    wireBytes: totals.wireBytes,
    payloadBytes: totals.newPayloadBytes,
    throughputBitsPerSecond: rate(totals.wireBytes),
    goodputBitsPerSecond: rate(totals.newPayloadBytes),
    retransmissionPercent: totals.packets === 0 ? null : (100 * totals.retransmissions) / totals.packets,
    outOfOrderPackets: totals.outOfOrder,
    gap: spread(totals.gaps),
    loss:
      matched === undefined
        ? null
        : {
            sent: matched.sent,
            lost: matched.lost,
            ambiguous: matched.ambiguous,
            unexplained: matched.unexplained,
            percent: known ? (100 * matched.lost) / matched.sent : null,
            unknownBecause: unknownLoss,
          },
    oneWayDelay: transit && spread(transit),
    delayVariation: matched === undefined ? null : spread(matched.jitter.variation),
    jitterSeconds: mean === null || peak === null ? null : { mean, peak },
  };
}

/** Null where one clock has not stamped both captures, or packets refute that it has. */
export function delays(matched: MatchedDirection | undefined): Histogram | null {
  return matched === undefined || matched.transit.count === 0 ? null : matched.transit;
}

/** Loss may only be stated where both captures are whole. Null = it may. */
export function whyLossIsUnknown(session: QosSession, matched: MatchedCaptures | null): string | null {
  if (matched === null) return 'it takes a capture at both ends';
  if (matched.partial !== null) return 'a capture is cut off';
  for (const capture of session.captures) {
    if (capture.droppedByKernel === null)
      return `the capture at the ${capture.where} did not report its drops`;
    if (capture.droppedByKernel > 0) {
      return `the capture at the ${capture.where} dropped ${capture.droppedByKernel} packets itself`;
    }
  }
  const { toServer, toClient } = matched;
  const differ = toServer.lost + toClient.lost + toServer.unexplained + toClient.unexplained > 0;
  const offloaded = session.captures.find((capture) => Object.values(capture.offloads).some(Boolean));
  if (differ && offloaded) {
    return `segmentation offloads were on at the ${offloaded.where}, and the two ends count different packets`;
  }
  if (toServer.unexplained + toClient.unexplained > 0) {
    return `${toServer.unexplained + toClient.unexplained} packets arrived that the sender's capture has not seen`;
  }
  return null;
}
