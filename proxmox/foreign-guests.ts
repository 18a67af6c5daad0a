import type { OlderGuests } from '../config/deployed-lab';
import type { GuestKind } from '../config/lab';
import { hasTag } from '../config/lab-identity';
import type { ApiClient } from './api-client';
import { isFree } from './free-vmids';

/** Somebody else's guest under one of the lab's vmids. */
export interface ForeignGuest {
  readonly vmid: number;
  /** Undefined where it is hidden. */
  readonly kind?: GuestKind;
  /** For people: `VM 129 "mail" on node pve`. */
  readonly what: string;
  /** True where it is known only that the vmid is taken. */
  readonly hidden: boolean;
}

interface Row {
  readonly vmid: number;
  readonly type: string;
  readonly name?: string;
  readonly node: string;
  readonly status?: string;
  readonly tags?: string;
}

type Client = Pick<ApiClient, 'get'>;

/**
 * Guests of the cluster, VMs and containers, that have one of the vmids and not the lab's tag. A guest that the token may
 * not see is found too: whether a vmid is free is answered to everybody.
 */
export async function foreignGuests(
  client: Client,
  vmids: readonly number[],
  tag: string,
  takenOver?: OlderGuests,
): Promise<readonly ForeignGuest[]> {
  const rows = await client.get<Row[]>('cluster/resources', { type: 'vm' });
  const seen = new Map(rows.map((row) => [row.vmid, row]));
  const foreign: ForeignGuest[] = [];
  for (const vmid of vmids) {
    const listed = seen.get(vmid);
    const row = listed && (await asConfigured(client, listed));
    if (row) {
      if (!isOfLab(row, tag) && !isTakenOver(row, takenOver))
        foreign.push({ vmid, kind: kindOf(row), what: describeGuest(row), hidden: false });
    } else if (!(await isFree(client, vmid))) {
      foreign.push({ vmid, what: `a guest ${vmid} that this token may not see`, hidden: true });
    }
  }
  return foreign;
}

/** One sentence: which they are, and what can be done. */
export function foreignGuestsMessage(foreign: readonly ForeignGuest[], tag: string): string {
  const named = foreign.map(({ what }) => what).join(', ');
  const hidden = foreign.some((guest) => guest.hidden)
    ? ' (To see all guests the token needs VM.Audit on /vms.)'
    : '';
  return `The lab's vmids are taken by guests that are not the lab's (they lack the tag ${tag}): ${named}.${hidden} Nothing of them was touched.`;
}

/** For people: `VM 129 "mail" on node pve`. */
export function describeGuest({ type, vmid, name, node }: Omit<Row, 'status'>): string {
  return `${kindOf({ type }) === 'container' ? 'container' : 'VM'} ${vmid} "${name ?? '(no name)'}" on node ${node}`;
}

function kindOf({ type }: Pick<Row, 'type'>): GuestKind {
  return type === 'lxc' ? 'container' : 'vm';
}

export function isOfLab({ tags }: Pick<Row, 'tags'>, tag: string): boolean {
  return hasTag(tags, tag);
}

/** Whether it is one of those that the lab had before it had an identity: VMs alone. */
export function isTakenOver(
  row: Pick<Row, 'vmid' | 'type' | 'tags'>,
  older: OlderGuests | undefined,
): boolean {
  return row.type === 'qemu' && older?.vmids.includes(row.vmid) === true && isOfLab(row, older.tag);
}

/** For some seconds a new guest has neither name nor tags in the list of the cluster. */
async function asConfigured(client: Client, row: Row): Promise<Row> {
  if (!/^(qemu|lxc)$/.test(row.type) || (row.name !== undefined && row.status !== 'unknown')) return row;
  const config = await client.get<Pick<Row, 'name' | 'tags'> & { readonly hostname?: string }>(
    `nodes/${row.node}/${row.type}/${row.vmid}/config`,
  );
  return { ...row, name: config.name ?? config.hostname, tags: config.tags };
}
