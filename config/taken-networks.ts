import { type AddressRange, formatAddress, parseAddress, rangeOf } from './ipv4';
import { usesProxmox } from './load-target';
import type { Environment } from './paths';

/** Addresses that the lab cannot have where it is to run, and what has them. */
export interface TakenNetwork {
  readonly range: AddressRange;
  /** Completes "192.168.10.0/24 overlaps ...". */
  readonly by: string;
}

/** Of local-node/namespace/uplink.ts: programs that make an uplink take it, as QEMU's user network does. */
export const UPLINK_NETWORK = '10.0.2.0/24';

/** What the target itself takes: the local node's uplink, or the address at which a Proxmox VE node is asked. */
export function networksOfTarget(env: Environment): readonly TakenNetwork[] {
  if (!usesProxmox(env)) {
    const by = `${UPLINK_NETWORK}, by which guests of the local node reach the machine's network`;
    return [{ range: rangeOf('10.0.2.0', 24), by }];
  }
  const { PROXMOX_VE_ENDPOINT: endpoint = '' } = env;
  const host = URL.canParse(endpoint) ? new URL(endpoint).hostname : '';
  if (parseAddress(host) === undefined) return [];
  return [{ range: rangeOf(host, 32), by: `the address ${host} of the node itself (PROXMOX_VE_ENDPOINT)` }];
}

/** Flags of a route, of linux/route.h. */
const UP = 0x1;
const REJECT = 0x200;

/** Routes that stand for everything else: the default, and the halves that a VPN takes in its place. */
const WIDEST_PREFIX = 8;

/**
 * The networks of this machine's routes, as Linux tells them in /proc/net/route: addresses in hexadecimal, the last
 * byte first. Lines that say something else are passed over.
 */
export function networksOfRoutes(table: string): readonly TakenNetwork[] {
  const seen = new Set<string>();
  return table.split('\n').flatMap((line) => {
    const [device = '', destination = '', , flags = '', , , , mask = ''] = line.trim().split(/\s+/);
    if (![destination, mask].every((text) => /^[0-9A-F]{8}$/i.test(text))) return [];
    const bits = Number.parseInt(flags, 16);
    const prefix = prefixOf(mask);
    if (prefix < WIDEST_PREFIX || (bits & UP) === 0 || (bits & REJECT) !== 0) return [];
    const network = formatAddress(bytesReversed(destination));
    const by = `${network}/${prefix}, to which this machine has a route (${device})`;
    if (seen.has(by)) return [];
    seen.add(by);
    return [{ range: rangeOf(network, prefix), by }];
  });
}

function bytesReversed(hexadecimal: string): number {
  return Number.parseInt((hexadecimal.match(/../g) ?? []).reverse().join(''), 16);
}

function prefixOf(mask: string): number {
  return bytesReversed(mask).toString(2).replace(/0+$/, '').length;
}
