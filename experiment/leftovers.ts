import type { Lab } from '../config/lab';
import { identityTags, type LabIdentity } from '../config/lab-identity';
import { type ApiClient, ApiError } from '../proxmox/api-client';

/** Something of a lab that is on the node. */
export interface Leftover {
  readonly kind: 'guest' | 'volume' | 'file' | 'bridge';
  /** vmid, volume id or interface name. */
  readonly id: string;
  readonly description: string;
  /** When it was made, seconds since 1970, where the node's lists say so. */
  readonly madeAt?: number;
}

/** Something that carries a lab's identity. */
export interface Identified extends Leftover {
  readonly tag: string;
}

/** What is looked for: everything of one identity, under the vmids that lab.yaml or Terraform's state give its guests. */
export interface Sought {
  readonly lab: Lab;
  readonly identity: LabIdentity;
  readonly vmids: ReadonlySet<number>;
}

interface Volume {
  readonly volid: string;
  readonly vmid?: number;
  readonly ctime?: number;
}

/**
 * Looks for everything that the lab makes on a node: guests with the tag of its identity, their volumes, files that begin
 * with it, and bridges that name it. What only shares a name or a vmid with the lab is other people's and is not listed,
 * nor is a copy that somebody made of one of its guests.
 */
export async function findLeftovers(client: ApiClient, sought: Sought): Promise<readonly Leftover[]> {
  const { lab, identity, vmids } = sought;
  const ours = (await findIdentified(client, lab)).filter(
    ({ tag, kind, id }) => tag === identity.tag && (kind !== 'guest' || vmids.has(Number(id))),
  );
  return [...ours, ...(await findVolumes(client, sought))];
}

/** Everything on the node that carries the identity of a lab, whichever. */
export async function findIdentified(client: ApiClient, lab: Lab): Promise<readonly Identified[]> {
  return [...(await guests(client)), ...(await files(client, lab)), ...(await bridges(client))];
}

async function guests(client: ApiClient): Promise<Identified[]> {
  // Not from the list of the cluster, in which a new guest has no tags for some seconds.
  const rows = await client.get<{ vmid: number; name?: string; status: string; tags?: string }[]>(
    client.node('qemu'),
  );
  return rows.flatMap(({ vmid, name, status, tags }) =>
    identityTags(tags).map((tag) => ({
      ...{ tag, kind: 'guest' as const, id: String(vmid) },
      description: `guest ${vmid} (${name ?? 'unnamed'}, ${status})`,
    })),
  );
}

async function files(client: ApiClient, { storage }: Lab): Promise<Identified[]> {
  const found: Identified[] = [];
  for (const place of new Set([storage.images, storage.snippets])) {
    for (const { volid, ctime } of await content(client, place)) {
      const tag = /[:/](lab-[0-9a-f]{8})-[^/]*$/.exec(volid)?.[1];
      if (tag) found.push({ tag, kind: 'file', id: volid, description: `file ${volid}`, madeAt: ctime });
    }
  }
  return found;
}

async function bridges(client: ApiClient): Promise<Identified[]> {
  const rows = await client.get<{ iface: string; comments?: string }[]>(client.node('network'));
  return rows.flatMap(({ iface, comments }) => {
    const tag = /\((lab-[0-9a-f]{8})\)\s*$/.exec(comments ?? '')?.[1];
    return tag ? [{ tag, kind: 'bridge' as const, id: iface, description: `bridge ${iface}` }] : [];
  });
}

/** Volumes whose guest is gone and whose vmid is one of the lab's: disks of a guest that was half deleted. */
async function findVolumes(client: ApiClient, { lab, vmids }: Sought): Promise<Leftover[]> {
  const rows = await client.get<{ vmid: number }[]>('cluster/resources', { type: 'vm' });
  const existing = new Set(rows.map((row) => row.vmid));
  return (await content(client, lab.storage.disks))
    .filter(({ vmid }) => vmid !== undefined && vmids.has(vmid) && !existing.has(vmid))
    .map(({ volid }) => ({ kind: 'volume', id: volid, description: `volume ${volid}` }));
}

function content(client: ApiClient, storage: string): Promise<readonly Volume[]> {
  return client.get<readonly Volume[]>(client.node(`storage/${storage}/content`));
}

/** Deletes what was found, guests first. Throws the first error, and where `look` still finds something. */
export async function removeLeftovers(
  client: ApiClient,
  leftovers: readonly Leftover[],
  look: () => Promise<readonly Leftover[]>,
): Promise<void> {
  for (const { kind, id } of leftovers) {
    if (kind === 'guest') await removeGuest(client, id);
    if (kind === 'file' || kind === 'volume') await removeVolume(client, id);
    if (kind === 'bridge') await client.delete(client.node(`network/${encodeURIComponent(id)}`));
  }
  if (leftovers.some(({ kind }) => kind === 'bridge')) {
    await client.wait(await client.put<string>(client.node('network')));
  }
  const still = await look();
  if (still.length > 0)
    throw new Error(`could not remove ${still.map((item) => item.description).join(', ')}`);
}

async function removeGuest(client: ApiClient, vmid: string): Promise<void> {
  await client.wait(await client.post<string>(client.node(`qemu/${vmid}/status/stop`)));
  await client.wait(
    await client.delete<string>(client.node(`qemu/${vmid}`), { purge: 1, 'destroy-unreferenced-disks': 1 }),
  );
}

async function removeVolume(client: ApiClient, volid: string): Promise<void> {
  const storage = volid.slice(0, volid.indexOf(':'));
  try {
    const upid = await client.delete<string | null>(
      client.node(`storage/${storage}/content/${encodeURIComponent(volid)}`),
    );
    if (upid) await client.wait(upid);
  } catch (error) {
    // Deleting its guest may have taken it along.
    if (!(error instanceof ApiError) || error.status !== 404) throw error;
  }
}
