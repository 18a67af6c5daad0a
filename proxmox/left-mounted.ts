import { InputError } from '../config';
import type { DeployedGuest } from '../config/deployed-lab';
import type { Lab } from '../config/lab';
import type { Target } from '../config/target';
import type { ApiClient } from './api-client';
import { ShellWhenNeeded } from './guest-access-of';

interface Row {
  readonly vmid: number;
  readonly node: string;
}

/**
 * Takes off the mounts of the lab's containers that a hook which was cut off has left (seed-container.ts): Proxmox VE keeps
 * such a container locked, and Terraform would wait for it for ever. Throws InputError where that fails, with what to do.
 */
export async function unmountLeft(
  client: Pick<ApiClient, 'get'>,
  target: Target,
  lab: Pick<Lab, 'nodeName' | 'nodes'>,
  guests: readonly Pick<DeployedGuest, 'vmid' | 'kind'>[],
): Promise<void> {
  const containers = new Set(guests.flatMap(({ kind, vmid }) => (kind === 'container' ? [vmid] : [])));
  if (containers.size === 0) return;
  const rows = await client.get<readonly Row[]>('cluster/resources', { type: 'vm' });
  for (const { vmid, node } of rows.filter((row) => containers.has(row.vmid))) {
    const { lock } = await client.get<{ lock?: string }>(`nodes/${node}/lxc/${vmid}/config`);
    if (lock !== 'mounted') continue;
    const shell = new ShellWhenNeeded(target, lab, node === lab.nodeName ? undefined : node);
    try {
      await shell.run(['pct', 'unmount', String(vmid)]);
    } catch (cause) {
      throw new InputError(
        `the root file system of container ${vmid} is still mounted on node ${node}, by a deployment that was cut off; there: pct unmount ${vmid} (${(cause as Error).message})`,
        { cause },
      );
    } finally {
      await shell.close();
    }
  }
}
