import { parseAddress, rangeOf } from './ipv4';
import type { TakenNetwork } from './taken-networks';
import { type Fields, fields, list, text } from './written';
import type { Fault } from './yaml-file';

/** Guests on other nodes of the cluster, and what is said of those nodes. `ownName` takes the place of node.name. */
export function nodeFaults(lab: Fields, ownName: string | undefined, onlyNode: boolean): readonly Fault[] {
  const own = ownName ?? text(fields(lab.node).name);
  if (own === undefined) return [];
  return [
    ...(onlyNode ? unreachable(lab, own) : []),
    ...settingsFaults(lab, own),
    ...sharedStorageFaults(lab),
  ];
}

function unreachable(lab: Fields, own: string): readonly Fault[] {
  return list(lab.guests).flatMap(({ node }, index) => {
    if (text(node) === undefined || node === own) return [];
    const message = `"${node}" is not the local node (${own}), and there is no other; guests on several nodes need a Proxmox VE cluster (PROXMOX_VE_ENDPOINT)`;
    return [{ path: ['guests', index, 'node'], message }];
  });
}

/** A misspelt name would leave its guests with the settings of the lab's own node. */
function settingsFaults(lab: Fields, own: string): readonly Fault[] {
  const used = new Set(list(lab.guests).map(({ node }) => node));
  return Object.keys(fields(lab.nodes)).flatMap((name) => {
    if (name === own) {
      const message = `${name} is the lab's own node: what it has stands under storage and networks`;
      return [{ path: ['nodes', name], message }];
    }
    return used.has(name) ? [] : [{ path: ['nodes', name], message: 'no guest is on this node' }];
  });
}

function sharedStorageFaults(lab: Fields): readonly Fault[] {
  const { shared, ...own } = fields(lab.storage);
  const others = Object.values(fields(lab.nodes)).map((node) => fields(fields(node).storage));
  const known = new Set([own, ...others].flatMap((storage) => Object.values(storage)));
  if (!Array.isArray(shared)) return [];
  return shared.flatMap((id: unknown, index) => {
    if (text(id) === undefined || known.has(id)) return [];
    return [
      { path: ['storage', 'shared', index], message: `${id} is no storage that the lab uses on any node` },
    ];
  });
}

/** Where other nodes are reached over SSH, if by addresses: the lab's bridges would take the way to these. */
export function addressesOfNodes(lab: Fields): readonly TakenNetwork[] {
  return Object.entries(fields(lab.nodes)).flatMap(([name, node]) => {
    const address = text(fields(fields(node).ssh).address) ?? '';
    if (parseAddress(address) === undefined) return [];
    return [{ range: rangeOf(address, 32), by: `the address ${address} of the node ${name}` }];
  });
}
