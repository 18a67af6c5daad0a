import type { FrameDecoder } from '../packets/frame-decoder';
import { formatAddress } from '../packets/ip-address';
import { TcpStream } from './tcp-stream';

/** One direction of a flow. */
export class FlowDirection {
  readonly stream = new TcpStream();
}

/** A TCP connection or UDP exchange; `forward` is the direction of its first packet. */
export class Flow {
  readonly forward = new FlowDirection();
  readonly backward = new FlowDirection();
  next: Flow | null = null;

  private readonly source0: number;
  private readonly source1: number;
  private readonly source2: number;
  private readonly destination0: number;
  private readonly destination1: number;
  private readonly destination2: number;
  readonly source3: number;
  readonly destination3: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly protocol: number;
  readonly ipVersion: 4 | 6;

  constructor(frame: FrameDecoder) {
    this.ipVersion = frame.ipVersion;
    this.protocol = frame.protocol;
    this.sourcePort = frame.sourcePort;
    this.destinationPort = frame.destinationPort;
    this.source0 = frame.source0;
    this.source1 = frame.source1;
    this.source2 = frame.source2;
    this.source3 = frame.source3;
    this.destination0 = frame.destination0;
    this.destination1 = frame.destination1;
    this.destination2 = frame.destination2;
    this.destination3 = frame.destination3;
  }

  /** Where the flow's first packet came from. */
  get source(): string {
    const words = [this.source0, this.source1, this.source2, this.source3] as const;
    return formatAddress({ version: this.ipVersion, words });
  }

  get destination(): string {
    const words = [this.destination0, this.destination1, this.destination2, this.destination3] as const;
    return formatAddress({ version: this.ipVersion, words });
  }

  isForward(frame: FrameDecoder): boolean {
    return (
      frame.source3 === this.source3 &&
      frame.sourcePort === this.sourcePort &&
      frame.destinationPort === this.destinationPort &&
      frame.destination3 === this.destination3 &&
      frame.protocol === this.protocol &&
      frame.ipVersion === this.ipVersion &&
      frame.source0 === this.source0 &&
      frame.source1 === this.source1 &&
      frame.source2 === this.source2 &&
      frame.destination0 === this.destination0 &&
      frame.destination1 === this.destination1 &&
      frame.destination2 === this.destination2
    );
  }

  isBackward(frame: FrameDecoder): boolean {
    return (
      frame.destination3 === this.source3 &&
      frame.destinationPort === this.sourcePort &&
      frame.sourcePort === this.destinationPort &&
      frame.source3 === this.destination3 &&
      frame.protocol === this.protocol &&
      frame.ipVersion === this.ipVersion &&
      frame.destination0 === this.source0 &&
      frame.destination1 === this.source1 &&
      frame.destination2 === this.source2 &&
      frame.source0 === this.destination0 &&
      frame.source1 === this.destination1 &&
      frame.source2 === this.destination2
    );
  }
}

/**
 * The flows of a capture. Looking one up makes no object and no string: the hash is of numbers, and flows that share it are
 * linked. Packets come in trains, so the flow of the last packet is tried first.
 */
export class FlowTable {
  private readonly byHash = new Map<number, Flow>();
  private last: Flow | null = null;
  readonly flows: Flow[] = [];

  /** The flow of the frame, made where it is new. */
  lookUp(frame: FrameDecoder): Flow {
    const { last } = this;
    if (last !== null && (last.isForward(frame) || last.isBackward(frame))) return last;
    const from = mixEndpoint(frame.source0, frame.source1, frame.source2, frame.source3, frame.sourcePort);
    const to = mixEndpoint(
      frame.destination0,
      frame.destination1,
      frame.destination2,
      frame.destination3,
      frame.destinationPort,
    );
    // Symmetric in source and destination, so that both directions meet. Each end is mixed by itself before, so that
    // neighbouring addresses, each with each, do not share few hashes.
    const hash = ((from + to) ^ Math.imul(from ^ to, 0x9e3779b1) ^ frame.protocol) | 0;
    const head = this.byHash.get(hash) ?? null;
    for (let flow = head; flow !== null; flow = flow.next) {
      if (flow.isForward(frame) || flow.isBackward(frame)) {
        this.last = flow;
        return flow;
      }
    }
    const flow = new Flow(frame);
    flow.next = head;
    this.byHash.set(hash, flow);
    this.flows.push(flow);
    this.last = flow;
    return flow;
  }
}

function mixEndpoint(word0: number, word1: number, word2: number, word3: number, port: number): number {
  let hash = Math.imul(word3 ^ 0x811c9dc5, 0x85ebca6b);
  hash = Math.imul((hash ^ (hash >>> 15)) + word2, 0xc2b2ae35);
  hash = Math.imul((hash ^ (hash >>> 13)) + word1, 0x85ebca6b);
  hash = Math.imul((hash ^ (hash >>> 15)) + word0, 0xc2b2ae35);
  hash = Math.imul((hash ^ (hash >>> 13)) + port, 0x27d4eb2f);
  return hash ^ (hash >>> 15);
}
