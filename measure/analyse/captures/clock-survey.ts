import type { FrameDecoder } from '../packets/frame-decoder';
import { CaptureEnd, type Followed } from './capture-end';
import { packetKey } from './packet-key';

/** How the stamps of two captures relate; all but the last are nanoseconds. */
export interface ClockSurvey {
  /** To be taken from the server's stamps, which count from its file's own epoch: they are then by the client's clock. */
  readonly shift: number;
  /** How much later than its arrival a packet may seem to have been sent after that. */
  readonly slack: number;
  /** Whether packets tell, or the clocks are one; else both files were only laid side by side by their first packets. */
  readonly known: boolean;
  /** The clocks are one, and no packet says otherwise. */
  readonly shared: boolean;
  /** By how many seconds clocks that are called one must differ at least; null = nothing says that they do. */
  readonly differBySeconds: number | null;
}

export interface SurveyOptions {
  readonly sharedClock: boolean;
  readonly waitSeconds: number;
}

export interface Surveyed extends Followed {
  isToServer(frame: FrameDecoder): boolean;
}

/** A packet seen at both ends; NaN = not seen there yet. */
interface Sighting {
  readonly toServer: boolean;
  readonly atClient: number;
  atServer: number;
  /** Its key is more than one packet's. */
  spoilt: boolean;
}

/** Keys that are kept of the client's file: exact up to here, a sample by their hash beyond it. */
const sightingsKept = 1 << 17;
/** Clocks drift, and the fastest packet of a sample is not the fastest of all. */
const slackNanoseconds = 1e8;

/**
 * Compares the clocks of two captures by the packets that are once in each. No packet arrives before it was sent, so the
 * fastest one of each direction bounds the difference (as in NTP, RFC 5905, where the offset is half of their difference).
 */
export function surveyClocks(
  clientFile: string,
  serverFile: string,
  surveyed: Surveyed,
  { sharedClock, waitSeconds }: SurveyOptions,
): ClockSurvey {
  const sightings = new Map<number, Sighting>();
  let modulus = 1;
  const client = readEnd(clientFile, surveyed, (key, { frame, time }) => {
    if (key % modulus !== 0) return;
    const seen = sightings.get(key);
    if (seen !== undefined) {
      seen.spoilt = true;
      return;
    }
    const toServer = surveyed.isToServer(frame);
    sightings.set(key, { toServer, atClient: time, atServer: Number.NaN, spoilt: false });
    if (sightings.size <= sightingsKept) return;
    modulus *= 2;
    for (const one of sightings.keys()) if (one % modulus !== 0) sightings.delete(one);
  });
  const server = readEnd(serverFile, surveyed, (key, { time }) => {
    const seen = sightings.get(key);
    if (seen === undefined) return;
    if (!Number.isNaN(seen.atServer)) seen.spoilt = true;
    seen.atServer = time;
  });

  // The server's stamps are ahead by no more than the fastest packet to the server took, and by no less than … to the client.
  let most = Number.POSITIVE_INFINITY;
  let least = Number.NEGATIVE_INFINITY;
  for (const { toServer, atClient, atServer, spoilt } of sightings.values()) {
    const ahead = atServer - atClient;
    if (spoilt || Number.isNaN(ahead)) continue;
    if (toServer) most = Math.min(most, ahead);
    else least = Math.max(least, ahead);
  }
  const ifShared = ((client.epoch ?? 0) - (server.epoch ?? 0)) * 1e9;
  const difference = Math.max(ifShared - most, least - ifShared);
  const resolution = Math.max(client.resolution, server.resolution);
  const differ = difference > resolution;
  if (sharedClock && !differ) {
    return { shift: ifShared, slack: resolution, known: true, shared: true, differBySeconds: null };
  }
  const differBySeconds = sharedClock ? difference / 1e9 : null;
  const bounds = [most, least].filter(Number.isFinite);
  if (bounds.length === 0) {
    const shift = server.first - client.first;
    return { shift, slack: slackNanoseconds, known: false, shared: false, differBySeconds };
  }
  const shift = Math.round(bounds.reduce((sum, bound) => sum + bound, 0) / bounds.length);
  // Clocks that drift contradict themselves over time.
  const contradiction = Math.min(Math.max(0, (least - most) / 2), waitSeconds * 1e9);
  return { shift, slack: slackNanoseconds + contradiction, known: true, shared: false, differBySeconds };
}

function readEnd(
  file: string,
  followed: Followed,
  visit: (key: number, end: CaptureEnd) => void,
): { readonly epoch: number | null; readonly first: number; readonly resolution: number } {
  const end = new CaptureEnd(file, followed);
  let first = Number.NaN;
  try {
    for (end.advance(); end.open; end.advance()) {
      if (Number.isNaN(first)) first = end.time;
      visit(packetKey(end.frame), end);
    }
  } finally {
    end.reader.close();
  }
  // A file without packets, or without times, has nothing to be moved.
  return {
    epoch: end.epoch,
    first: Number.isNaN(first) ? 0 : first,
    resolution: end.reader.resolutionNanoseconds,
  };
}
