import { ipv4Word } from '../packets/ip-address';
import { type CaptureFacts, DirectionTotals, walkCapture } from './capture-walk';

export { DirectionTotals } from './capture-walk';

/** An IPv4 endpoint that tells the two directions apart. */
export interface Server {
  readonly address: string;
  readonly port: number;
}

/** What one capture file says of a server's sessions, all of them together. */
export interface CaptureAnalysis extends Omit<CaptureFacts, 'fault'> {
  readonly toServer: DirectionTotals;
  readonly toClient: DirectionTotals;
  /** Why the file ends early; null = it was read to its end. */
  readonly partial: string | null;
}

/**
 * Reads a capture once. With `server`, only its packets count as session and the rest as `otherFrames`; without, the
 * receiver of each flow's first packet is taken for its server. Throws CaptureFault where the file is no capture.
 */
export function analyseCapture(file: string, server: Server | null = null): CaptureAnalysis {
  const pair = { toServer: new DirectionTotals(), toClient: new DirectionTotals() };
  const word = server === null ? 0 : ipv4Word(server.address);
  const port = server?.port ?? 0;
  const { fault, ...facts } = walkCapture(file, {
    accepts: (frame) =>
      server === null ||
      (frame.ipVersion === 4 &&
        ((frame.destination3 === word && frame.destinationPort === port) ||
          (frame.source3 === word && frame.sourcePort === port))),
    isTowardsServer: (frame, _, forward) =>
      server === null ? forward : frame.destination3 === word && frame.destinationPort === port,
    totalsOf: () => pair,
  });
  return { ...facts, ...pair, partial: fault?.message ?? null };
}
