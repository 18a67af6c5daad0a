import { type ApiClient, ApiError } from './api-client';

type Client = Pick<ApiClient, 'get'>;

/** The highest that Proxmox VE knows. */
const LAST_VMID = 999_999_999;

/** Whether a vmid is free in the whole cluster, told also of guests that the token may not see. */
export async function isFree(client: Client, vmid: number): Promise<boolean> {
  try {
    await client.get('cluster/nextid', { vmid });
    return true;
  } catch (error) {
    if (error instanceof ApiError && error.status === 400) return false;
    throw error;
  }
}

/**
 * So many free vmids in a row, none of `avoid`: the first such row from the vmid on that the cluster itself would give
 * to the next guest, which is at its lower bound or above (Datacenter → Options → Next Free VMID Range).
 */
export async function freeVmids(
  client: Client,
  count: number,
  avoid: Iterable<number> = [],
): Promise<readonly number[]> {
  if (count === 0) return [];
  const rows = await client.get<{ readonly vmid: number }[]>('cluster/resources', { type: 'vm' });
  const taken = new Set([...rows.map(({ vmid }) => vmid), ...avoid]);
  const known = new Set<number>();
  let first = Number(await client.get<string>('cluster/nextid'));
  while (first + count - 1 <= LAST_VMID) {
    const row = Array.from({ length: count }, (_, index) => first + index);
    // Those that are seen to be taken cost no question.
    const hindrance = row.findLast((vmid) => taken.has(vmid)) ?? (await firstHidden(row));
    if (hindrance === undefined) return row;
    first = hindrance + 1;
  }
  throw new Error(`the cluster has no ${count} free vmids in a row`);

  async function firstHidden(row: readonly number[]): Promise<number | undefined> {
    for (const vmid of row) {
      if (known.has(vmid)) continue;
      if (!(await isFree(client, vmid))) return vmid;
      known.add(vmid);
    }
    return undefined;
  }
}

/** The same as a proposal in words, " Free are for example 229-231."; nothing where none can be made. */
export async function proposal(client: Client, count: number): Promise<string> {
  try {
    return ` Free are for example ${shownVmids(await freeVmids(client, count))}.`;
  } catch {
    return '';
  }
}

/** 229-231 of a row of vmids. */
export function shownVmids(row: readonly number[]): string {
  return [...new Set([row[0], row.at(-1)])].join('-');
}
