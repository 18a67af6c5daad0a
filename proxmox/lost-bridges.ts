import { bridgeComment } from '../config/bridge-comment';
import { type LostBridges, NO_LOST_BRIDGES } from '../config/deployed-lab';
import type { Lab } from '../config/lab';
import { bridgedNetworks, bridgeId, labShares } from '../config/lab-shares';
import type { ApiClient } from './api-client';
import { type InterfaceRow, stagedBridges } from './staged-bridges';

/** Bridges of a node in Terraform's state; undefined where that cannot be read, and nothing is taken for lost. */
export type KnownBridges = (nodeName: string) => ReadonlySet<string> | undefined;

/** On every node that the lab is on. */
export async function findLostBridges(
  api: Pick<ApiClient, 'getAnswer' | 'node'>,
  lab: Lab,
  tag: string,
  known: KnownBridges,
): Promise<LostBridges> {
  const found: LostBridges[] = [];
  for (const share of labShares(lab)) {
    const { made, staged } = await lostOnNode(api, share, tag, known(share.nodeName));
    const ids = (names: readonly string[]) => names.map((name) => bridgeId(share, name));
    found.push({ made: ids(made), staged: ids(staged) });
  }
  return { made: found.flatMap(({ made }) => made), staged: found.flatMap(({ staged }) => staged) };
}

async function lostOnNode(
  api: Pick<ApiClient, 'getAnswer' | 'node'>,
  share: Lab,
  tag: string,
  known: ReadonlySet<string> | undefined,
): Promise<LostBridges> {
  if (!known) return NO_LOST_BRIDGES;
  const { data, changes } = await api.getAnswer<readonly InterfaceRow[]>(api.node('network', share.nodeName));
  const staged = stagedBridges(data, changes, share, tag).filter((name) => !known.has(name));
  const made = bridgedNetworks(share)
    .filter((network) => {
      const { bridge } = share.networks[network];
      const row = data.find(({ iface }) => iface === bridge);
      return row?.comments?.trim() === bridgeComment(share, network, tag) && !known.has(bridge);
    })
    .map((network) => share.networks[network].bridge)
    .filter((name) => !staged.includes(name));
  return { made, staged };
}
