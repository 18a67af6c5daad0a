import type { Lab } from './lab';

/**
 * The lab as each node of the cluster has it: its guests, storages and bridges. The first is the lab's own node, which
 * has the clients' network too; without guests elsewhere it is the whole lab.
 */
export function labShares(lab: Lab): readonly [Lab, ...Lab[]] {
  const others = new Set(lab.guests.map(({ node = lab.nodeName }) => node));
  others.delete(lab.nodeName);
  if (others.size === 0) return [lab];
  const isHere = ({ node = lab.nodeName }: { readonly node?: string }) => node === lab.nodeName;
  const own = { ...lab, guests: lab.guests.filter(isHere), templates: lab.templates.filter(isHere) };
  return [own, ...[...others].map((name) => shareOf(lab, name))];
}

/** Of the node's settings it has only what is one for the whole cluster. */
function shareOf(lab: Lab, nodeName: string): Lab {
  const { storage, bridges } = lab.nodes?.[nodeName] ?? {};
  const { servers } = lab.networks;
  const { storageContent } = lab.node;
  return {
    ...lab,
    nodeName,
    node: storageContent ? { storageContent } : {},
    storage: { ...lab.storage, ...storage },
    networks: { ...lab.networks, servers: { ...servers, bridge: bridges?.servers ?? servers.bridge } },
    guests: lab.guests.filter(({ node }) => node === nodeName),
    templates: lab.templates.filter(({ node }) => node === nodeName),
    withoutClients: true,
  };
}

/** Networks that have a bridge on the node of a share. */
export function bridgedNetworks({
  withoutClients,
}: Pick<Lab, 'withoutClients'>): readonly (keyof Lab['networks'])[] {
  return withoutClients ? ['servers'] : ['servers', 'clients'];
}

/** By which a bridge of a share is told from those of other nodes; on the lab's own node it is its name. */
export function bridgeId(
  { nodeName, withoutClients }: Pick<Lab, 'nodeName' | 'withoutClients'>,
  bridge: string,
): string {
  return withoutClients ? `${nodeName}/${bridge}` : bridge;
}

/** Storages of a share, each once. */
export function storagesOf({
  storage: { disks, images, snippets },
}: Pick<Lab, 'storage'>): readonly string[] {
  return [...new Set([disks, images, snippets])];
}

/** The share whose node keeps what several have in one storage: the first that has it where the storage is shared. */
export function keeperOf(shares: readonly Lab[], share: Lab, kind: 'images' | 'snippets'): Lab {
  const storage = share.storage[kind];
  if (!share.storage.shared?.includes(storage)) return share;
  return shares.find((candidate) => candidate.storage[kind] === storage) ?? share;
}

/** Why a lab cannot be measured whose guests are not all on its own node; undefined = they are. */
export function measuringFault({ nodeName, guests }: Pick<Lab, 'nodeName' | 'guests'>): string | undefined {
  const elsewhere = guests.flatMap(({ name, node }) => (node === undefined ? [] : [`${name} (${node})`]));
  if (elsewhere.length === 0) return undefined;
  return `measuring samples one node, ${nodeName}, and these guests are on others: ${elsewhere.join(', ')}; such a lab can be deployed and destroyed (npx cdktf deploy, npx cdktf destroy), not measured`;
}
