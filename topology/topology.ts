/** What is connected to what: of a lab as its constructs declare it, or of a run as its plan has it. */
export interface Topology {
  /** Name of the lab. */
  readonly lab: string;
  readonly nodes: readonly TopologyNode[];
}

export interface TopologyNode {
  readonly name: string;
  /** In the order in which they are made; the node routes between them. */
  readonly bridges: readonly TopologyBridge[];
}

export interface TopologyBridge {
  readonly name: string;
  readonly network: 'servers' | 'clients';
  /** The node's own address in the network, with its prefix: 192.168.10.1/24. */
  readonly address: string;
  /** What the links are shaped to; null = they are not. */
  readonly shape: string | null;
  readonly members: readonly TopologyMember[];
}

/** A guest or a client. */
export interface TopologyMember {
  readonly name: string;
  readonly address: string;
  /** Of a guest: "vmid 129", "1 core, 1 GiB"; a client has none. */
  readonly facts: readonly string[];
}

/** Of a bridge; a lab of a thousand guests is shown by its first ones. */
const mostMembers = 12;

/** What is shown of a bridge's members, and how many more there are. */
export function shownMembers({ members }: TopologyBridge): {
  readonly members: readonly TopologyMember[];
  readonly more: number;
} {
  return { members: members.slice(0, mostMembers), more: Math.max(0, members.length - mostMembers) };
}

/** What a guest's entry says, in a run as in a lab. `vmid` 0 = none has been chosen yet. */
export function guestMember(guest: {
  readonly name: string;
  readonly address: string;
  readonly vmid: number;
  readonly cores: number;
  readonly memoryMiB: number;
}): TopologyMember {
  const { name, address, vmid, cores, memoryMiB } = guest;
  const memory = memoryMiB % 1024 === 0 ? `${memoryMiB / 1024} GiB` : `${memoryMiB} MiB`;
  return {
    name,
    address,
    facts: [...(vmid === 0 ? [] : [`vmid ${vmid}`]), `${cores} ${cores === 1 ? 'core' : 'cores'}, ${memory}`],
  };
}

/** The picture in one paragraph, for who cannot see it. */
export function describeTopology({ lab, nodes }: Topology): string {
  const sentences = nodes.flatMap(({ name, bridges }) => [
    `Node ${name} has ${bridges.map((bridge) => `the bridge ${bridge.name} (${bridge.network}, ${bridge.address})`).join(' and ')}${bridges.length > 1 ? ', and routes between them' : ''}.`,
    ...bridges.map(describeMembers),
  ]);
  return [`The lab ${lab}.`, ...sentences].join(' ');
}

function describeMembers(bridge: TopologyBridge): string {
  const { members, more } = shownMembers(bridge);
  const names = members.map(({ name, address }) => `${name} ${address}`).join(', ') || 'nothing';
  const shape = bridge.shape === null ? '' : `; each link ${bridge.shape}`;
  return `On ${bridge.name}: ${names}${more > 0 ? ` and ${more} more` : ''}${shape}.`;
}
