import type { Lab } from '../config/lab';
import type { ApiClient } from '../proxmox/api-client';
import { findIdentified, type Identified } from './leftovers';

/** What is on the node of one lab that is not deployed from here. */
export interface OrphanedLab {
  readonly tag: string;
  /** When the oldest of it was made, seconds since 1970, as far as the node says. */
  readonly madeAt: number | undefined;
  readonly things: readonly Identified[];
}

/** Labs that have something on the lab's nodes, but for the one that is deployed from here; the oldest first. */
export async function findOrphans(
  client: ApiClient,
  lab: Lab,
  deployedTag: string | undefined,
): Promise<readonly OrphanedLab[]> {
  const all = await findIdentified(client, lab);
  const orphans: OrphanedLab[] = [];
  for (const tag of new Set(all.map((thing) => thing.tag))) {
    if (tag === deployedTag) continue;
    const things = all.filter((thing) => thing.tag === tag);
    const times = await Promise.all(things.map((thing) => madeAt(client, thing)));
    const known = times.filter((time) => time !== undefined);
    orphans.push({ tag, madeAt: known.length > 0 ? Math.min(...known) : undefined, things });
  }
  return orphans.sort((a, b) => (a.madeAt ?? 0) - (b.madeAt ?? 0));
}

/** A guest's configuration says when it was made: `meta: creation-qemu=10.1.2,ctime=1764000000`. */
async function madeAt(client: ApiClient, thing: Identified): Promise<number | undefined> {
  // A container's configuration does not say it.
  if (thing.kind !== 'vm') return thing.madeAt;
  const { meta } = await client.get<{ meta?: string }>(client.node(`qemu/${thing.id}/config`, thing.node));
  const ctime = /\bctime=(\d+)/.exec(meta ?? '')?.[1];
  return ctime === undefined ? undefined : Number(ctime);
}
