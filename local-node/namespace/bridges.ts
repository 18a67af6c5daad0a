import type { BridgeSpec, NodeNetwork } from '../base/node-network';
import type { Namespace } from './namespace';

interface Link {
  readonly ifname: string;
  readonly mtu: number;
  readonly master?: string;
  readonly flags: readonly string[];
  readonly addr_info?: readonly {
    readonly family: string;
    readonly local: string;
    readonly prefixlen: number;
    readonly scope: string;
  }[];
}

const DEFAULT_MTU = 1500;

/** The bridges of the local node, in its namespace. All bridges there are the node's own. */
export class NamespaceNetwork implements NodeNetwork {
  constructor(private readonly namespace: Namespace) {}

  async apply(bridges: readonly BridgeSpec[]): Promise<void> {
    const json = await this.namespace.run(['ip', '-json', 'address', 'show', 'type', 'bridge']);
    // iproute2 prints an empty object for each link that the filter leaves out.
    const present = (JSON.parse(json || '[]') as Partial<Link>[]).filter(isLink);
    await this.namespace.ip(changes(present, bridges));
  }
}

function isLink(link: Partial<Link>): link is Link {
  return link.ifname !== undefined;
}

/** Lines of `ip -batch` that lead from the bridges that there are to those that are declared. */
export function changes(present: readonly Link[], declared: readonly BridgeSpec[]): string[] {
  const gone = present.filter((link) => !declared.some((bridge) => bridge.name === link.ifname));
  const lines = gone.map((link) => `link delete dev ${link.ifname}`);
  for (const bridge of declared) {
    const link = present.find((candidate) => candidate.ifname === bridge.name);
    // As ifupdown on Proxmox VE: no spanning tree, forwarding at once.
    if (!link) lines.push(`link add name ${bridge.name} type bridge stp_state 0 forward_delay 0`);
    const mtu = bridge.mtu ?? DEFAULT_MTU;
    if ((link?.mtu ?? DEFAULT_MTU) !== mtu) lines.push(`link set dev ${bridge.name} mtu ${mtu}`);
    const addresses = (link?.addr_info ?? [])
      .filter((address) => address.scope !== 'link')
      .map((address) => `${address.local}/${address.prefixlen}`);
    for (const address of addresses.filter((one) => !bridge.addresses.includes(one))) {
      lines.push(`address delete ${address} dev ${bridge.name}`);
    }
    for (const address of bridge.addresses.filter((one) => !addresses.includes(one))) {
      // An IPv6 address must not wait for duplicate address detection: there is nobody else yet.
      lines.push(`address add ${address} dev ${bridge.name}${address.includes(':') ? ' nodad' : ''}`);
    }
    if (!link?.flags.includes('UP')) lines.push(`link set dev ${bridge.name} up`);
  }
  return lines;
}
