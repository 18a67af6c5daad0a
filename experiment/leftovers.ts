import type { Guest, GuestKind, Lab } from '../config/lab';
import { identityTags, type LabIdentity } from '../config/lab-identity';
import { labShares, storagesOf } from '../config/lab-shares';
import { type ApiClient, ApiError } from '../proxmox/api-client';
import { guestPath } from '../proxmox/guest-access';

/** Something of a lab that is on the node. */
export interface Leftover {
  readonly kind: GuestKind | 'volume' | 'file' | 'bridge' | 'job';
  /** vmid, volume id, interface name, or the backup job's id. */
  readonly id: string;
  readonly description: string;
  /** Where it is not on the lab's own node. */
  readonly node?: string;
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
  readonly content?: string;
}

/**
 * Looks for everything that the lab makes on its nodes: guests with the tag of its identity, their volumes, files that begin
 * with it, and bridges that name it. What only shares a name or a vmid with the lab is other people's and is not listed,
 * nor is a copy that somebody made of one of its guests.
 */
export async function findLeftovers(client: ApiClient, sought: Sought): Promise<readonly Leftover[]> {
  const { lab, identity, vmids } = sought;
  const ours = (await findIdentified(client, lab)).filter(
    ({ tag, kind, id }) => tag === identity.tag && (!isGuest(kind) || vmids.has(Number(id))),
  );
  return [...ours, ...(await findVolumes(client, sought))];
}

/** Everything on the lab's nodes that carries the identity of a lab, whichever. */
export async function findIdentified(client: ApiClient, lab: Lab): Promise<readonly Identified[]> {
  const found: Identified[] = [];
  for (const share of labShares(lab)) {
    const here = [
      ...(await guests(client, nodeOf(share))),
      ...(await filesOf(client, lab, share)),
      ...(await bridges(client, nodeOf(share))),
    ];
    found.push(...here.map((thing) => placed(thing, nodeOf(share))));
  }
  return [...found, ...(await backupJobs(client))];
}

/** Of that only the files. */
export async function findFiles(client: ApiClient, lab: Lab): Promise<readonly Identified[]> {
  const found: Identified[] = [];
  for (const share of labShares(lab)) {
    found.push(...(await filesOf(client, lab, share)).map((file) => placed(file, nodeOf(share))));
  }
  return found;
}

async function filesOf(client: ApiClient, lab: Lab, share: Lab): Promise<readonly Identified[]> {
  const { images, snippets } = share.storage;
  return files(client, nodeOf(share), await storagesToLookAt(client, lab, share, [images, snippets]));
}

export function isGuest(kind: Leftover['kind']): kind is GuestKind {
  return kind === 'vm' || kind === 'container';
}

/** Undefined = the lab's own. */
type Node = string | undefined;

function nodeOf({ nodeName, withoutClients }: Lab): Node {
  return withoutClients ? nodeName : undefined;
}

function placed<T extends Leftover>(thing: T, node: Node): T {
  return node === undefined ? thing : { ...thing, node, description: `${thing.description} on ${node}` };
}

/**
 * Those of a share that are not looked at on an earlier node already, for what several share is one. A storage that the
 * lab itself makes may be absent: not made yet, or taken away before.
 */
async function storagesToLookAt(
  client: ApiClient,
  lab: Lab,
  share: Lab,
  storages: readonly string[],
): Promise<readonly string[]> {
  const shares = labShares(lab);
  const earlier = shares.slice(
    0,
    shares.findIndex(({ nodeName }) => nodeName === share.nodeName),
  );
  const seen = new Set(earlier.flatMap(storagesOf));
  const wanted = [...new Set(storages)].filter((id) => !(lab.storage.shared?.includes(id) && seen.has(id)));
  const declared = wanted.filter((id) => lab.storages?.[id]);
  if (declared.length === 0) return wanted;
  const rows = await client.get<{ readonly storage: string }[]>('storage');
  const there = new Set(rows.map(({ storage }) => storage));
  return wanted.filter((id) => !declared.includes(id) || there.has(id));
}

async function guests(client: ApiClient, node: Node): Promise<Identified[]> {
  const found: Identified[] = [];
  // Not from the list of the cluster, in which a new guest has no tags for some seconds.
  for (const kind of ['vm', 'container'] as const) {
    const rows = await client.get<{ vmid: number; name?: string; status: string; tags?: string }[]>(
      client.node(kind === 'vm' ? 'qemu' : 'lxc', node),
    );
    for (const { vmid, name, status, tags } of rows) {
      const description = `${kind === 'vm' ? 'guest' : 'container'} ${vmid} (${name ?? 'unnamed'}, ${status})`;
      for (const tag of identityTags(tags)) found.push({ tag, kind, id: String(vmid), description });
    }
  }
  return found;
}

async function files(client: ApiClient, node: Node, storages: readonly string[]): Promise<Identified[]> {
  const found: Identified[] = [];
  for (const place of storages) {
    for (const { volid, ctime } of await content(client, place, node)) {
      const tag = /[:/](lab-[0-9a-f]{8})-[^/]*$/.exec(volid)?.[1];
      if (tag) found.push({ tag, kind: 'file', id: volid, description: `file ${volid}`, madeAt: ctime });
    }
  }
  return found;
}

async function bridges(client: ApiClient, node: Node): Promise<Identified[]> {
  const rows = await client.get<{ iface: string; comments?: string }[]>(client.node('network', node));
  return rows.flatMap(({ iface, comments }) => {
    const tag = /\((lab-[0-9a-f]{8})\)\s*$/.exec(comments ?? '')?.[1];
    return tag ? [{ tag, kind: 'bridge' as const, id: iface, description: `bridge ${iface}` }] : [];
  });
}

/** None is seen by whoever may not see the cluster's jobs, nor can have made one. */
async function backupJobs(client: ApiClient): Promise<Identified[]> {
  const rows = await client.get<{ id: string }[]>('cluster/backup').catch((error: unknown) => {
    if (error instanceof ApiError && error.status === 403) return [];
    throw error;
  });
  return rows.flatMap(({ id }) => {
    const tag = /^backup-(lab-[0-9a-f]{8})$/.exec(id)?.[1];
    return tag ? [{ tag, kind: 'job' as const, id, description: `backup job ${id}` }] : [];
  });
}

/** Volumes whose guest is gone and whose vmid is one of the lab's: disks of a guest that was half deleted. */
async function findVolumes(client: ApiClient, { lab, vmids }: Sought): Promise<Leftover[]> {
  const rows = await client.get<{ vmid: number }[]>('cluster/resources', { type: 'vm' });
  const existing = new Set(rows.map((row) => row.vmid));
  const found: Leftover[] = [];
  for (const share of labShares(lab)) {
    for (const storage of await storagesToLookAt(client, lab, share, [share.storage.disks])) {
      const volumes = (await content(client, storage, nodeOf(share)))
        .filter(({ vmid }) => vmid !== undefined && vmids.has(vmid) && !existing.has(vmid))
        // What backups are made for.
        .filter((volume) => volume.content !== 'backup')
        .map(({ volid }) => ({ kind: 'volume' as const, id: volid, description: `volume ${volid}` }));
      found.push(...volumes.map((volume) => placed(volume, nodeOf(share))));
    }
  }
  return found;
}

function content(client: ApiClient, storage: string, node: Node): Promise<readonly Volume[]> {
  return client.get<readonly Volume[]>(client.node(`storage/${storage}/content`, node));
}

/** Deletes what was found, guests first. Throws the first error, and where `look` still finds something. */
export async function removeLeftovers(
  client: ApiClient,
  leftovers: readonly Leftover[],
  look: () => Promise<readonly Leftover[]>,
): Promise<void> {
  for (const { kind, id, node } of leftovers) {
    if (isGuest(kind)) await removeGuest(client, { kind, vmid: Number(id), node });
    if (kind === 'file' || kind === 'volume') await removeVolume(client, id, node);
    if (kind === 'job') await client.delete(`cluster/backup/${encodeURIComponent(id)}`);
    if (kind === 'bridge') await client.delete(client.node(`network/${encodeURIComponent(id)}`, node));
  }
  const changed = leftovers.filter(({ kind }) => kind === 'bridge').map(({ node }) => node);
  for (const node of new Set(changed)) {
    await client.wait(await client.put<string>(client.node('network', node)));
  }
  const still = await look();
  if (still.length > 0)
    throw new Error(`could not remove ${still.map((item) => item.description).join(', ')}`);
}

async function removeGuest(client: ApiClient, guest: Pick<Guest, 'kind' | 'vmid' | 'node'>): Promise<void> {
  const form = { purge: 1, 'destroy-unreferenced-disks': 1 };
  if (guest.kind === 'container') {
    // One that does not run cannot be stopped, and one that runs is stopped by this.
    await client.wait(await client.delete<string>(guestPath(client, guest, ''), { ...form, force: 1 }));
    return;
  }
  await client.wait(await client.post<string>(guestPath(client, guest, 'status/stop')));
  await client.wait(await client.delete<string>(guestPath(client, guest, ''), form));
}

async function removeVolume(client: ApiClient, volid: string, node: Node): Promise<void> {
  const storage = volid.slice(0, volid.indexOf(':'));
  try {
    const upid = await client.delete<string | null>(
      client.node(`storage/${storage}/content/${encodeURIComponent(volid)}`, node),
    );
    if (upid) await client.wait(upid);
  } catch (error) {
    // Deleting its guest may have taken it along.
    if (!(error instanceof ApiError) || error.status !== 404) throw error;
  }
}
