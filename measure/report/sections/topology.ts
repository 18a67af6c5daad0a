import { topologySvg } from '../../../topology/svg';
import { guestMember, type Topology } from '../../../topology/topology';
import { linkTexts } from '../../run/link-shape';
import type { RunPlan } from '../../run/raw-data';
import type { Picture } from '../document/document';

/** The topology that a run was measured on, of its plan: it has all that the constructs declared, as a run is on one node. */
export function runTopology({ lab }: Pick<RunPlan, 'lab'>): Topology {
  const { servers, clients } = lab.networks;
  const links = linkTexts(lab.networks);
  return {
    lab: lab.name,
    nodes: [
      {
        name: lab.nodeName,
        bridges: [
          {
            name: servers.bridge,
            network: 'servers',
            address: nodeAddress(servers),
            shape: links.servers,
            members: lab.guests.map(guestMember),
          },
          {
            name: clients.bridge,
            network: 'clients',
            address: nodeAddress(clients),
            shape: links.clients,
            members: lab.clients.map(({ name, address }) => ({ name, address, facts: [] })),
          },
        ],
      },
    ],
  };
}

/** The picture of it. */
export function topologyBlock(plan: Pick<RunPlan, 'lab'>): Picture {
  return {
    kind: 'picture',
    title: 'Topology',
    caption: 'Bridges of the node with its own address in each network, and what hangs from them.',
    svg: topologySvg(runTopology(plan)),
  };
}

function nodeAddress({ cidr, gateway }: { readonly cidr: string; readonly gateway: string }): string {
  return `${gateway}/${cidr.split('/')[1]}`;
}
