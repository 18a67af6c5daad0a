import type { Guest } from '../../../config/lab';
import type { ApiClient } from '../../../proxmox/api-client';
import { guestPath } from '../../../proxmox/guest-access';
import type { ApiSample } from '../../run/raw-data';

/** What the API says; Proxmox VE gives some numbers as strings, which ones depends on its version. */
export interface NodeStatus {
  readonly cpu?: unknown;
  readonly memory?: { readonly used?: unknown; readonly total?: unknown };
  readonly loadavg?: readonly unknown[];
  readonly rootfs?: { readonly used?: unknown; readonly total?: unknown };
}

interface GuestStatus {
  readonly status?: string;
  readonly cpu?: unknown;
  readonly mem?: unknown;
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
  for (const guest of guests) {
    const current = await client
      .get<GuestStatus>(guestPath(client, guest, 'status/current'))
      .catch(() => undefined);
    found.push({
      vmid: guest.vmid,
      status: current?.status ?? 'unknown',
      cpuFraction: known(current?.cpu),
      memoryBytes: known(current?.mem),
    });
  }
  return { ...nodeSample(time, node), guests: found };
}

/** The figures of a node's status; what it does not say is null. */
export function nodeSample(time: number, node: NodeStatus | undefined): Omit<ApiSample, 'guests'> {
  return {
    time,
    cpuFraction: known(node?.cpu),
    memoryUsedBytes: known(node?.memory?.used),
    memoryTotalBytes: known(node?.memory?.total),
    loadAverage: loadAverage(node?.loadavg),
    rootUsedBytes: known(node?.rootfs?.used),
    rootTotalBytes: known(node?.rootfs?.total),
  };
}

function loadAverage(values: NodeStatus['loadavg']): ApiSample['loadAverage'] {
  const [one = null, five = null, fifteen = null] = (values ?? []).map(known);
  return one === null || five === null || fifteen === null ? null : [one, five, fifteen];
}

/** A number, or null: anything else would make a file that the analysis refuses. */
function known(value: unknown): number | null {
  const is = typeof value === 'number' || (typeof value === 'string' && value.trim() !== '');
  const number = is ? Number(value) : Number.NaN;
  return Number.isFinite(number) ? number : null;
}
