import type { Lab } from '../config/lab';
import { hasLabTag } from '../config/lab-tag';
import type { ApiClient } from './api-client';

/** A VM of somebody else under one of the lab's vmids. */
export interface ForeignGuest {
  readonly vmid: number;
  readonly name: string;
  readonly node: string;
}

/** VMs of the cluster that have a vmid of the lab's guests and not the lab's tag. */
export async function foreignGuests(
  client: ApiClient,
  lab: Pick<Lab, 'name' | 'guests'>,
): Promise<readonly ForeignGuest[]> {
  const vmids = new Set(lab.guests.map((guest) => guest.vmid));
  const vms = await client.get<{ vmid: number; name?: string; node: string; tags?: string }[]>(
    'cluster/resources',
    { type: 'vm' },
  );
  return vms
    .filter((vm) => vmids.has(vm.vmid) && !hasLabTag(vm.tags, lab))
    .map((vm) => ({ vmid: vm.vmid, name: vm.name ?? '(no name)', node: vm.node }));
}
