import { bridgeComment } from '../config/bridge-comment';
import { type LostBridges, NO_LOST_BRIDGES } from '../config/deployed-lab';
import type { Lab } from '../config/lab';
import type { ApiClient } from './api-client';
import { type InterfaceRow, stagedBridges } from './staged-bridges';

/** `known`: the bridges in Terraform's state; undefined where that cannot be read, and nothing is taken for lost. */
export async function findLostBridges(
  api: Pick<ApiClient, 'getAnswer' | 'node'>,
  lab: Pick<Lab, 'name' | 'networks'>,
  tag: string,
  known: ReadonlySet<string> | undefined,
): Promise<LostBridges> {
  if (!known) return NO_LOST_BRIDGES;
  const { data, changes } = await api.getAnswer<readonly InterfaceRow[]>(api.node('network'));
  const staged = stagedBridges(data, changes, lab, tag).filter((name) => !known.has(name));
  const made = (['servers', 'clients'] as const)
    .filter((network) => {
      const { bridge } = lab.networks[network];
      const row = data.find(({ iface }) => iface === bridge);
      return row?.comments?.trim() === bridgeComment(lab, network, tag) && !known.has(bridge);
    })
    .map((network) => lab.networks[network].bridge)
    .filter((name) => !staged.includes(name));
  return { made, staged };
}
