import { type AddressRange, overlap, parseAddress, parseNetwork } from './ipv4';
import { whyNoVlans } from './kernel-vlans';
import type { TakenNetwork } from './taken-networks';
import { type Fields, fields, list, text } from './written';
import type { Fault } from './yaml-file';

/** Gateways, bridges, shaping and overlaps of the two networks. */
export function networkFaults(lab: Fields): readonly Fault[] {
  const networks = fields(lab.networks);
  const faults: Fault[] = [];
  for (const name of ['servers', 'clients']) {
    const network = fields(networks[name]);
    const range = rangeOf(network);
    const gateway = text(network.gateway);
    if (!range || gateway === undefined) continue;
    const fault = placeFault(gateway, range, text(network.cidr) ?? '', `the ${name} network`);
    if (fault) faults.push({ path: ['networks', name, 'gateway'], message: fault });
  }
  const [servers, clients] = [fields(networks.servers), fields(networks.clients)];
  if (text(servers.bridge) !== undefined && servers.bridge === clients.bridge) {
    faults.push({
      path: ['networks', 'clients', 'bridge'],
      message: `${servers.bridge} is the bridge of the servers network already`,
    });
  }
  const { delayMs, jitterMs } = clients;
  if (typeof jitterMs === 'number' && (typeof delayMs !== 'number' || jitterMs > delayMs)) {
    faults.push({
      path: ['networks', 'clients', 'jitterMs'],
      message: `${jitterMs} ms need a delayMs at least as large: no packet arrives before it was sent`,
    });
  }
  const [one, two] = [rangeOf(servers), rangeOf(clients)];
  if (one && two && overlap(one, two)) {
    faults.push({
      path: ['networks', 'clients', 'cidr'],
      message: `${clients.cidr} overlaps the servers network ${servers.cidr}`,
    });
  }
  return faults;
}

/** One fault for each network, though several may have it. */
export function takenFaults(lab: Fields, taken: readonly TakenNetwork[]): readonly Fault[] {
  return ['servers', 'clients'].flatMap((name) => {
    const network = fields(fields(lab.networks)[name]);
    const range = rangeOf(network);
    const other = range && taken.find((each) => overlap(range, each.range));
    if (!other) return [];
    return [
      {
        path: ['networks', name, 'cidr'],
        message: `${network.cidr} overlaps ${other.by}; take another network`,
      },
    ];
  });
}

/** Addresses of guests or clients: in their network, not its own or the gateway's, no two alike. */
export function hostFaults(lab: Fields, key: 'guests' | 'clients', networkName: string): readonly Fault[] {
  const network = fields(fields(lab.networks)[networkName]);
  const range = rangeOf(network);
  const faults: Fault[] = [];
  list(lab[key]).forEach((host, index) => {
    const address = text(host.address);
    if (!range || address === undefined) return;
    const fault =
      address === network.gateway
        ? `${address} is the gateway of the ${networkName} network`
        : placeFault(address, range, text(network.cidr) ?? '', `the ${networkName} network`);
    if (fault) faults.push({ path: [key, index, 'address'], message: fault });
  });
  return [...faults, ...duplicates(key, lab, 'address', (value) => text(value))];
}

function placeFault(address: string, range: AddressRange, cidr: string, network: string): string | undefined {
  const number = parseAddress(address);
  if (number === undefined) return undefined;
  if (number < range.first || number > range.last) return `${address} is not in ${network} ${cidr}`;
  if (number === range.first) return `${address} is the address of ${network} itself`;
  if (number === range.last) return `${address} is the broadcast address of ${network}`;
  return undefined;
}

function rangeOf(network: Fields): AddressRange | undefined {
  const cidr = text(network.cidr);
  const range = cidr === undefined ? undefined : parseNetwork(cidr);
  return range && !('fault' in range) ? range : undefined;
}

/** Values of one field that two guests or clients have. */
export function duplicates(
  key: 'guests' | 'clients',
  lab: Fields,
  field: string,
  identity: (value: unknown) => string | undefined,
): readonly Fault[] {
  const first = new Map<string, number>();
  const faults: Fault[] = [];
  list(lab[key]).forEach((host, index) => {
    const id = identity(host[field]);
    if (id === undefined) return;
    const earlier = first.get(id);
    if (earlier === undefined) first.set(id, index);
    else faults.push({ path: [key, index, field], message: `${id} is taken by ${key}[${earlier}]` });
  });
  return faults;
}

/** VLANs: where the target has them, and one for all guests, because the servers' network has one gateway. */
export function vlanFaults(lab: Fields, onlyNode: boolean): readonly Fault[] {
  const networks = fields(lab.networks);
  const guests = list(lab.guests);
  const faults: Fault[] = [];
  for (const name of ['servers', 'clients']) {
    if (fields(networks[name]).vlanAware !== true || !onlyNode) continue;
    faults.push({ path: ['networks', name, 'vlanAware'], message: `cannot be had: ${whyNoVlans()}` });
  }
  const isAware = fields(networks.servers).vlanAware === true;
  const [first] = guests;
  guests.forEach(({ vlan }, index) => {
    const add = (message: string) => faults.push({ path: ['guests', index, 'vlan'], message });
    if (vlan === undefined && first?.vlan === undefined) return;
    if (vlan !== undefined && onlyNode) add(`cannot be had: ${whyNoVlans()}`);
    else if (vlan !== undefined && !isAware)
      add('needs a bridge that knows VLANs: vlanAware: true of networks.servers');
    else if (vlan !== first?.vlan)
      add(
        `must be that of the first guest (${first?.vlan ?? 'none'}): the servers' network has one gateway, which is in one VLAN`,
      );
  });
  return faults;
}
