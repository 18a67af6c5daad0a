import type { Guest, GuestKind, Lab } from '../../config/lab';
import { hasTag, type LabIdentity } from '../../config/lab-identity';
import { NO_VMID } from '../../config/vmids';
import type { ApiClient } from '../../proxmox/api-client';
import { guestInWords } from '../../proxmox/guest-access';
import type { Shell } from '../../proxmox/node-shell';
import type { Readiness } from '../../proxmox/readiness';
import type { RunPlan, Scenario } from '../run/raw-data';
import type { ReaderKind } from '../run/run-plan';
import { benchmarkTools } from './benchmarks/commands';
import { askNode } from './environment';
import { browserPrograms } from './sessions/browser-command';

/** The run cannot begin; the message names everything that prevents it. Nothing was touched. */
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
 * Checks that the lab is deployed on the node (every guest there and with the tag of its identity: a foreign one is never
 * switched off) and that the node has the programs that measuring needs.
 */
export async function checkNode(
  client: Pick<ApiClient, 'get' | 'node'>,
  shell: Shell,
  lab: Lab,
  identity: LabIdentity | undefined,
  scenarios: readonly Scenario[],
  reader: ReaderKind = 'scripted',
): Promise<void> {
  const faults = guestFaults(lab, identity, {
    vm: await client.get<readonly GuestRow[]>(client.node('qemu')),
    container: await client.get<readonly GuestRow[]>(client.node('lxc')),
  });
  const { programs } = await askNode(shell, lab);
  const hasClients = scenarios.some((scenario) => scenario !== 'resources');
  const lossy = lab.networks.clients.lossPercent !== undefined;
  const needed = ['flock', ...(hasClients ? ['ip', 'tc', ...(lossy ? ['nft'] : [])] : [])];
  const absent = needed.filter((name) => !programs[name]);
  if (absent.length > 0) {
    faults.push(
      `the node lacks ${absent.join(', ')} (packages util-linux, iproute2 and, for lossPercent, nftables)`,
    );
  }
  if (scenarios.includes('qos') && reader === 'browser') {
    const lacking = browserPrograms.filter((name) => !programs[name]);
    if (lacking.length > 0) {
      faults.push(
        `the node lacks ${lacking.join(', ')}, which --reader browser runs there: apt-get install chromium util-linux mount on the node, or --reader scripted`,
      );
    }
  }
  const lackingTools = scenarios.includes('benchmarks')
    ? benchmarkTools.filter((name) => !programs[name])
    : [];
  if (lackingTools.length > 0) {
    faults.push(
      `the node lacks ${lackingTools.join(', ')}, with which guests are compared with it: apt-get install ${lackingTools.join(' ')} on the node`,
    );
  }
  if (hasClients && lab.clients.length === 0) faults.push('lab.yaml has no clients');
  if (faults.length > 0) {
    throw new NotReadyToMeasureError(`the run was not begun:\n  ${faults.join('\n  ')}`);
  }
}

function guestFaults(
  lab: Lab,
  identity: LabIdentity | undefined,
  rows: Readonly<Record<GuestKind, readonly GuestRow[]>>,
): string[] {
  if (identity === undefined) {
    return ['no lab has been deployed from this directory (or one by an earlier version): npx cdktf deploy'];
  }
  const faults: string[] = [];
  for (const guest of lab.guests) {
    const row = rows[guest.kind].find(({ vmid }) => vmid === guest.vmid);
    if (!row) {
      const vmid = guest.vmid === NO_VMID ? 'no vmid chosen yet' : guestInWords(guest);
      faults.push(`guest ${guest.name} (${vmid}) is not on the node: npx cdktf deploy`);
    } else if (!hasTag(row.tags, identity.tag)) {
      faults.push(
        `${guestInWords(guest)} (${row.name ?? 'no name'}) lacks the tag ${identity.tag}: it is not the lab's`,
      );
    }
  }
  return faults;
}

/**
 * Which of the guests lack their application and why. Waits for those that are still being installed; one that never
 * becomes ready is named too: a session with it would measure nothing.
 */
export async function missingApplications(
  guests: readonly Guest[],
  untilReady: (guest: Guest) => Promise<Pick<Readiness, 'installed' | 'reason'>>,
): Promise<RunPlan['missingApplications']> {
  const reasons = await Promise.all(guests.map((guest) => whyMissing(untilReady(guest))));
  return guests.flatMap((guest, index) => {
    const reason = reasons[index];
    return reason === undefined ? [] : [{ guest: guest.name, reason }];
  });
}

async function whyMissing(
  becoming: Promise<Pick<Readiness, 'installed' | 'reason'>>,
): Promise<string | undefined> {
  try {
    const { installed, reason } = await becoming;
    return installed ? undefined : (reason ?? 'the install script gave no reason');
  } catch (error) {
    // The first line says what is wrong; the tail of the guest's log belongs to the deploy, not in a plan.
    return (error instanceof Error ? error.message : String(error)).split('\n')[0];
  }
}
