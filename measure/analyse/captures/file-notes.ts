import type { CaptureSessions } from './capture-sessions';

/** Stamps that run backwards by more than this come from a clock that was set, not from reordering in the capture. */
export const clockStepSeconds = 0.1;
/** Frames above this were not on an Ethernet without jumbo frames: the card was to cut them up. */
const largestEthernetFrame = 1522;

/** The most frequent first. */
export function byFrames<T>(counts: ReadonlyMap<T, number>): (readonly [T, number])[] {
  return [...counts].sort(([, a], [, b]) => b - a);
}

/** What a reader must know of one file's figures. */
export function notesOf(file: string, facts: CaptureSessions): string[] {
  const { longestReversalSeconds, timeReversals, largestFrameBytes, recordedDrops, oddStamps, fault } = facts;
  return [
    ...unreadNotes(file, facts),
    ...(fault === null ? [] : [`${fault.message}: the figures are of the part before`]),
    ...(oddStamps > 0
      ? [`${file}: ${oddStamps} stamps have a fraction of a second or more; they are read as the sum`]
      : []),
    ...(longestReversalSeconds > clockStepSeconds
      ? [
          `${file}: the clock was set back by ${longestReversalSeconds} s; durations, rates and delays are unknown`,
        ]
      : timeReversals > 0
        ? [`${file}: ${timeReversals} frames are stamped earlier than the one before`]
        : []),
    ...(largestFrameBytes > largestEthernetFrame
      ? [
          `${file}: frames of up to ${largestFrameBytes} bytes; with segmentation offload on, packets are not those on the wire`,
        ]
      : []),
    ...(recordedDrops !== null && recordedDrops > 0
      ? [`${file}: the capturing program dropped ${recordedDrops} packets; counts are too low`]
      : []),
  ];
}

/** Never no session without a word, nor one that may be hidden in what was not read. */
function unreadNotes(
  file: string,
  { frames, sessions, notRead, malformedFrames }: CaptureSessions,
): string[] {
  const isEmpty = sessions.length === 0;
  const told = byFrames(notRead).filter(([{ mayHideSessions }]) => isEmpty || mayHideSessions);
  const list = told.map(([{ kind }, count]) => `${count} ${kind}`).join(', ');
  return [
    ...(isEmpty && frames > 0 ? [`${file}: no TCP or UDP session is shown`] : []),
    ...(list === '' ? [] : [`${file}: frames that were not read down to TCP or UDP: ${list}`]),
    ...(malformedFrames > 0
      ? [
          `${file}: ${malformedFrames} frames are malformed: a length in a header is beyond the frame, or too short`,
        ]
      : []),
  ];
}
