import type { Lab } from '../config/lab';
import { hasTag, type LabIdentity } from '../config/lab-identity';
import { type ApiClient, ApiError } from '../proxmox/api-client';

/** Something of the lab that is still on the node. */
export interface Leftover {
  readonly kind: 'guest' | 'volume' | 'file' | 'bridge';
  /** vmid, volume id or interface name. */
  readonly id: string;
  readonly description: string;
}

interface VmRow {
  readonly vmid: number;
  readonly name?: string;
  readonly status: string;
  readonly tags?: string;
}

/** What is looked for: everything of one identity, under the vmids that lab.yaml or Terraform's state give its guests. */
export interface Sought {
  readonly lab: Lab;
  readonly identity: LabIdentity;
  readonly vmids: ReadonlySet<number>;
}

/**
 * Looks for everything that the lab makes on a node: guests with the tag of its identity, their volumes, files that begin
 * with it, and bridges that name it. What only shares a name or a vmid with the lab is other people's and is not listed,
 * nor is a copy that somebody made of one of its guests.
 */
export async function findLeftovers(client: ApiClient, sought: Sought): Promise<readonly Leftover[]> {
  const rows = await client.get<VmRow[]>('cluster/resources', { type: 'vm' });
  const files = await findFiles(client, sought, rows);
  const bridges = await findBridges(client, sought);
  return [...labGuests(rows, sought), ...files, ...bridges];
}

function labGuests(rows: readonly VmRow[], { identity, vmids }: Sought): Leftover[] {
  return rows
    .filter((row) => vmids.has(row.vmid) && hasTag(row.tags, identity.tag))
    .map((row) => ({
      kind: 'guest',
      id: String(row.vmid),
      description: `guest ${row.vmid} (${row.name ?? 'unnamed'}, ${row.status})`,
    }));
}

async function findFiles(
  client: ApiClient,
  { lab, identity, vmids }: Sought,
  rows: readonly VmRow[],
): Promise<Leftover[]> {
  const storages = [...new Set([lab.storage.disks, lab.storage.images, lab.storage.snippets])];
  const existing = new Set(rows.map((row) => row.vmid));
  const found: Leftover[] = [];
  for (const storage of storages) {
    const volumes = await client.get<{ volid: string; vmid?: number }[]>(
      client.node(`storage/${storage}/content`),
    );
    for (const { volid, vmid } of volumes) {
      const name = volid.slice(volid.lastIndexOf('/') + 1);
      if (name.startsWith(`${identity.tag}-`)) {
        found.push({ kind: 'file', id: volid, description: `file ${volid}` });
      } else if (vmid !== undefined && vmids.has(vmid) && !existing.has(vmid)) {
        // A volume whose guest is gone and whose id is one of the lab's: the disk of a guest that was half deleted.
        found.push({ kind: 'volume', id: volid, description: `volume ${volid}` });
      }
    }
  }
  return found;
}

async function findBridges(client: ApiClient, { identity }: Sought): Promise<Leftover[]> {
  const rows = await client.get<{ iface: string; comments?: string }[]>(client.node('network'));
  return rows
    .filter((row) => (row.comments ?? '').includes(identity.tag))
    .map((row) => ({ kind: 'bridge', id: row.iface, description: `bridge ${row.iface}` }));
}

/** Deletes what findLeftovers found, guests first. Throws the first error; what is left can be looked for again. */
export async function removeLeftovers(
  client: ApiClient,
  sought: Sought,
  leftovers: readonly Leftover[],
): Promise<void> {
  for (const { kind, id } of leftovers) {
    if (kind === 'guest') await removeGuest(client, id);
    if (kind === 'file' || kind === 'volume') await removeVolume(client, id);
    if (kind === 'bridge') await client.delete(client.node(`network/${encodeURIComponent(id)}`));
  }
  if (leftovers.some(({ kind }) => kind === 'bridge')) {
    await client.wait(await client.put<string>(client.node('network')));
  }
  const still = await findLeftovers(client, sought);
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
