import { type ApiClient, ApiError } from '../../proxmox/api-client';

type Client = Pick<ApiClient, 'get'>;

/** A cluster with these VMs, and vmids that are taken out of the token's sight. */
export function cluster(rows: readonly { vmid: number; tags?: string }[], hidden: readonly number[] = []) {
  const taken = new Set([...rows.map(({ vmid }) => vmid), ...hidden]);
  const asked: number[] = [];
  const get = async (path: string, query?: { vmid?: number }): Promise<unknown> => {
    if (path === 'cluster/resources') {
      return rows.map((row) => ({ type: 'qemu', name: 'mail', node: 'pve', status: 'running', ...row }));
    }
    if (path !== 'cluster/nextid') throw new Error(`nobody should ask for ${path}`);
    let vmid = query?.vmid ?? 100;
    if (query?.vmid === undefined) while (taken.has(vmid)) vmid += 1;
    else asked.push(vmid);
    if (!taken.has(vmid)) return String(vmid);
    throw new ApiError('GET', path, 400, 'Parameter verification failed.');
  };
  return { client: { get } as unknown as Client, asked };
}
