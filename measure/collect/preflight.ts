import type { Guest, Lab } from '../../config/lab';
import type { ApiClient } from '../../proxmox/api-client';
import type { GuestAgent } from '../../proxmox/guest-agent';
import type { Shell } from '../../proxmox/node-shell';
import type { RunPlan } from '../raw-data';
import { askNode } from './environment';
import type { Scenario } from './run-plan';

/** The run cannot begin; the message names everything that is in its way. Nothing was touched. */
export class NotReadyToMeasureError extends Error {
  override readonly name = 'NotReadyToMeasureError';
}

interface GuestRow {
  readonly vmid: number;
  readonly name?: string;
  readonly tags?: string;
  readonly template?: number;
}

/**
 * Checks that the lab is deployed on the node (every VM there and with the lab's own tag: a stranger's VM is never
 * switched off) and that the node has the programs that measuring needs.
 */
export async function checkNode(
  client: Pick<ApiClient, 'get' | 'node'>,
  shell: Shell,
  lab: Lab,
  scenarios: readonly Scenario[],
): Promise<void> {
  const faults = guestFaults(lab, await client.get<readonly GuestRow[]>(client.node('qemu')));
  const { programs } = await askNode(shell, lab);
  const needed = ['flock', ...(scenarios.includes('qos') ? ['ip', 'tc'] : [])];
  const absent = needed.filter((name) => !programs[name]);
  if (absent.length > 0) {
    faults.push(`the node lacks ${absent.join(', ')} (packages util-linux and iproute2)`);
  }
  if (scenarios.includes('qos') && lab.clients.length === 0) faults.push('lab.yaml has no clients');
  if (faults.length > 0) {
    throw new NotReadyToMeasureError(`the run was not begun:\n  ${faults.join('\n  ')}`);
  }
}

function guestFaults(lab: Lab, rows: readonly GuestRow[]): string[] {
  const faults: string[] = [];
  for (const guest of lab.guests) {
    const row = rows.find(({ vmid }) => vmid === guest.vmid);
    if (!row) {
      faults.push(`guest ${guest.name} (VM ${guest.vmid}) is not on the node: npx cdktf deploy`);
    } else if (!(row.tags ?? '').split(/[;, ]+/).includes(lab.name)) {
      faults.push(
        `VM ${guest.vmid} (${row.name ?? 'no name'}) lacks the tag ${lab.name}: it is not the lab's`,
      );
    }
  }
  return faults;
}

/**
 * Which of the guests lack their application and why, from the status that the install script left in them. A guest
 * that cannot be asked is named too: a session with it would measure nothing.
 */
export async function missingApplications(
  guests: readonly Guest[],
  agentOf: (guest: Guest) => Pick<GuestAgent, 'readFile'>,
): Promise<RunPlan['missingApplications']> {
  const missing: { guest: string; reason: string }[] = [];
  for (const guest of guests) {
    const reason = await whyMissing(agentOf(guest));
    if (reason !== undefined) missing.push({ guest: guest.name, reason });
  }
  return missing;
}

async function whyMissing(agent: Pick<GuestAgent, 'readFile'>): Promise<string | undefined> {
  try {
    const text = await agent.readFile('/var/lib/lab/status.json');
    if (text === undefined)
      return 'the guest has no /var/lib/lab/status.json: its install script has not ended';
    const status = JSON.parse(text) as { installed: boolean; reason: string | null };
    if (status.installed) return undefined;
    return status.reason ?? 'the install script gave no reason';
  } catch (error) {
    return `the guest could not be asked: ${error instanceof Error ? error.message : String(error)}`;
  }
}
