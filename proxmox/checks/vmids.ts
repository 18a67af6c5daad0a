import type { Lab } from '../../config/lab';
import { NO_VMID, vmidOwners } from '../../config/vmids';
import { describeGuest, isOfLab, isTakenOver } from '../foreign-guests';
import { shownVmids } from '../free-vmids';
import { type Finding, fault, ok, warning } from './finding';
import type { NodeFacts } from './node-facts';

type Facts = Pick<
  NodeFacts,
  'guests' | 'hiddenVmids' | 'tag' | 'takenOver' | 'replaceableVmids' | 'freeVmids'
>;

/** The vmids of the lab's guests, and of the templates that they are cloned from: free in the whole cluster, or the lab's own on its node. */
export function checkVmids(facts: Facts, lab: Lab): readonly Finding[] {
  const { guests } = facts;
  const subject = 'vmids';
  if ('fault' in guests) return [warning(subject, guests.fault, 'npm run privileges')];
  const vms = vmidOwners(lab);
  const taken = vms.flatMap(({ vmid }): Finding[] => {
    const row = guests.value.find((guest) => guest.vmid === vmid);
    if (!row) {
      if (!facts.hiddenVmids.includes(vmid)) return [];
      return [takenBy('a guest that this login may not see', vmid, facts)];
    }
    const shown = describeGuest(row);
    const own = facts.tag !== undefined && isOfLab(row, facts.tag);
    if (!own && !isTakenOver(row, facts.takenOver)) {
      return [takenBy(`${shown}, which is not the lab's`, vmid, facts)];
    }
    if (row.node === lab.nodeName) return [];
    const remedy = `migrate it to ${lab.nodeName}, or remove it there`;
    return [fault(`vmid ${vmid}`, `the lab's own ${shown}, not on ${lab.nodeName}`, remedy)];
  });
  if (taken.length > 0) return taken;
  const chosen = vms.filter(({ vmid }) => vmid !== NO_VMID);
  const own = chosen.filter(({ vmid }) => guests.value.some((guest) => guest.vmid === vmid)).length;
  const found = own === 0 ? `all ${chosen.length} are free` : `${own} are the lab's own guests`;
  const missing = vms.length - chosen.length;
  if (missing === 0) return [ok(subject, found)];
  const rest = `${missing} are chosen when they are deployed${example(facts)}`;
  return [ok(subject, chosen.length === 0 ? rest : `${found}; ${rest}`)];
}

function takenBy(whom: string, vmid: number, facts: Facts): Finding {
  const found = `taken by ${whom}`;
  if (facts.replaceableVmids.has(vmid)) {
    return warning(`vmid ${vmid}`, found, 'nothing: the next deployment chooses another');
  }
  return fault(
    `vmid ${vmid}`,
    found,
    `give the guest another vmid in lab.yaml${example(facts)}, or remove that one yourself`,
  );
}

function example({ freeVmids }: Pick<NodeFacts, 'freeVmids'>): string {
  return freeVmids.length === 0 ? '' : ` (free are for example ${shownVmids(freeVmids)})`;
}
