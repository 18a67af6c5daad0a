import type { Guest } from '../../../config/lab';
import type { ApiClient } from '../../../proxmox/api-client';
import type { ApiSample } from '../../run/raw-data';

interface NodeStatus {
  readonly cpu?: number;
  readonly memory?: { readonly used?: number; readonly total?: number };
  /** Strings on Proxmox VE. */
  readonly loadavg?: readonly (string | number)[];
  readonly rootfs?: { readonly used?: number; readonly total?: number };
}

interface GuestStatus {
  readonly status: string;
  readonly cpu?: number;
  readonly mem?: number;
}

/**
 * One poll: nodes/N/status and the status of every guest. What does not answer is null, never 0. The time is when the
 * node's own status was asked.
 */
export async function pollApi(
  client: Pick<ApiClient, 'get' | 'node'>,
  guests: readonly Guest[],
  now: () => number,
): Promise<ApiSample> {
  const time = now();
  const node = await client.get<NodeStatus>(client.node('status')).catch(() => undefined);
  const found: ApiSample['guests'][number][] = [];
  for (const { vmid } of guests) {
    const current = await client
      .get<GuestStatus>(client.node(`qemu/${vmid}/status/current`))
      .catch(() => undefined);
    found.push({
      vmid,
      status: current?.status ?? 'unknown',
      cpuFraction: current?.cpu ?? null,
      memoryBytes: current?.mem ?? null,
    });
  }
  return {
    time,
    cpuFraction: node?.cpu ?? null,
    memoryUsedBytes: node?.memory?.used ?? null,
    memoryTotalBytes: node?.memory?.total ?? null,
    loadAverage: loadAverage(node?.loadavg),
    rootUsedBytes: node?.rootfs?.used ?? null,
    rootTotalBytes: node?.rootfs?.total ?? null,
    guests: found,
  };
}

function loadAverage(values: NodeStatus['loadavg']): ApiSample['loadAverage'] {
  const [one, five, fifteen] = (values ?? []).map(Number);
  if (one === undefined || five === undefined || fifteen === undefined) return null;
  return [one, five, fifteen];
}
