import type { CaptureFault } from '../packets/capture-format';
import { type FrameDecoder, protocolTcp, tcpFlag } from '../packets/frame-decoder';
import type { PacketFilter } from '../packets/packet-filter';
import { type CaptureFacts, DirectionTotals, type TotalsPair, walkCapture } from './capture-walk';
import { type Flow, FlowTable } from './flow-table';
import {
  finishPair,
  followPackets,
  type MatchedDirection,
  type MatchedPair,
  type MatchOptions,
  newPair,
  type PairFacts,
} from './match-captures';

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** All traffic between two endpoints over one protocol; a port that is used again joins its session. */
export interface Session extends TotalsPair {
  readonly protocol: 'tcp' | 'udp';
  readonly client: Endpoint;
  readonly server: Endpoint;
  /** What its first packet lay inside, such as "VXLAN" or "GRE in VLAN"; null = nothing. */
  readonly inside: string | null;
  /** TCP connections opened within the capture. */
  readonly connections: number;
}

export interface CaptureSessions extends CaptureFacts {
  /** In order of their first packets. */
  readonly sessions: readonly Session[];
}

/** A session as the two captures have it together. */
export interface SessionMatch {
  readonly toServer: MatchedDirection;
  readonly toClient: MatchedDirection;
}

export interface SessionMatches extends PairFacts {
  /** By `sessionKey`. */
  readonly bySession: ReadonlyMap<string, SessionMatch>;
}

/** The same for a session in whichever capture it is seen. */
export function sessionKey(session: Pick<Session, 'protocol' | 'client' | 'server'>): string {
  const { protocol, client, server } = session;
  return flowKey(protocol, [client, server]);
}

function flowKey(protocol: string, ends: readonly Endpoint[]): string {
  return [protocol, ...ends.map(({ address, port }) => `${address} ${port}`).sort()].join(' ');
}

/**
 * Whether a flow's first packet goes to its server: where a filter names the server, as it says; else the one that is
 * asked for a connection; else, with UDP or where the beginning is missing, the lower port.
 */
function opensTowardsServer(frame: FrameDecoder, filter: PacketFilter): boolean {
  const to = filter.toServer(frame);
  if (!filter.isOpen && to !== filter.fromServer(frame)) return to;
  if (frame.protocol === protocolTcp && frame.flags & tcpFlag.syn) return (frame.flags & tcpFlag.ack) === 0;
  return frame.destinationPort <= frame.sourcePort;
}

const protocolName = (flow: Flow): 'tcp' | 'udp' => (flow.protocol === protocolTcp ? 'tcp' : 'udp');
const ends = (flow: Flow): readonly [Endpoint, Endpoint] => [
  { address: flow.source, port: flow.sourcePort },
  { address: flow.destination, port: flow.destinationPort },
];

interface Counted extends TotalsPair {
  readonly forwardToServer: boolean;
  readonly inside: string | null;
}

/** Reads a capture once and counts each session by itself. Throws CaptureFault where the file is no capture. */
export function readSessions(file: string, filter: PacketFilter, outer = false): CaptureSessions {
  const known = new Map<Flow, Counted>();
  let last: Flow | null = null;
  let found: Counted | undefined;
  const facts = walkCapture(file, {
    outer,
    accepts: (frame) => filter.accepts(frame),
    isTowardsServer: (frame, flow, forward) => {
      if (flow !== last) {
        found = known.get(flow);
        if (found === undefined) {
          found = {
            toServer: new DirectionTotals(),
            toClient: new DirectionTotals(),
            forwardToServer: opensTowardsServer(frame, filter),
            inside: frame.inside === '' ? null : frame.inside,
          };
          known.set(flow, found);
        }
        last = flow;
      }
      return found?.forwardToServer === forward;
    },
    totalsOf: () => found as TotalsPair,
  });
  const sessions = [...known].map(([flow, { toServer, toClient, forwardToServer, inside }]): Session => {
    const [source, destination] = ends(flow);
    return {
      protocol: protocolName(flow),
      client: forwardToServer ? source : destination,
      server: forwardToServer ? destination : source,
      inside,
      connections: (forwardToServer ? flow.forward : flow.backward).stream.openings,
      toServer,
      toClient,
    };
  });
  return { ...facts, sessions };
}

/** Follows every packet of every session from one capture to the other. The sessions' servers are those of `sessions`. */
export function matchSessions(
  clientFile: string,
  serverFile: string,
  { filter, outer = false }: { readonly filter: PacketFilter; readonly outer?: boolean },
  sessions: readonly Session[],
  options: MatchOptions,
): SessionMatches {
  const servers = new Map(sessions.map((session) => [sessionKey(session), session.server]));
  const table = new FlowTable();
  const known = new Map<Flow, { readonly forwardToServer: boolean; pair: MatchedPair | null }>();
  const stateOf = (frame: FrameDecoder) => {
    const flow = table.lookUp(frame);
    let state = known.get(flow);
    if (state === undefined) {
      const [, destination] = ends(flow);
      const server = servers.get(flowKey(protocolName(flow), ends(flow)));
      const forwardToServer =
        server === undefined
          ? opensTowardsServer(frame, filter)
          : server.address === destination.address && server.port === destination.port;
      state = { forwardToServer, pair: null };
      known.set(flow, state);
    }
    return { flow, state };
  };
  const facts = followPackets(clientFile, serverFile, options, {
    outer,
    accepts: (frame) => filter.accepts(frame),
    isToServer: (frame) => {
      const { flow, state } = stateOf(frame);
      return flow.isForward(frame) === state.forwardToServer;
    },
    pairOf: (frame, paths) => {
      const { state } = stateOf(frame);
      state.pair ??= newPair(paths);
      return state.pair;
    },
  });
  const bySession = new Map(
    [...known].map(([flow, { pair }]) => [flowKey(protocolName(flow), ends(flow)), finishPair(pair)]),
  );
  return { ...facts, bySession };
}

/** A fault for a report: the reason and the byte at which reading stopped. */
export function describeFault(fault: CaptureFault | null): { reason: string; offset: number } | null {
  return fault === null ? null : { reason: fault.reason, offset: fault.offset };
}
