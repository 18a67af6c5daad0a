import type { Lab } from '../../config/lab';
import { hasTag } from '../../config/lab-identity';
import { type Finding, fault, ok, warning } from './finding';
import type { NodeFacts } from './node-facts';

/** The vmids of the lab's guests: free in the whole cluster, or the lab's own on its node. */
export function checkVmids({ guests, hiddenVmids, tag }: NodeFacts, lab: Lab): readonly Finding[] {
  const subject = 'vmids';
  if ('fault' in guests) return [warning(subject, guests.fault, 'npm run privileges')];
  const taken = lab.guests.flatMap(({ vmid }): Finding[] => {
    const row = guests.value.find((guest) => guest.vmid === vmid);
    if (!row) {
      if (!hiddenVmids.includes(vmid)) return [];
      return [fault(`vmid ${vmid}`, 'taken by a guest that this login may not see', RENUMBER)];
    }
    const shown = `VM ${vmid} "${row.name ?? 'no name'}" on node ${row.node}`;
    if (tag === undefined || !hasTag(row.tags, tag)) {
      return [fault(`vmid ${vmid}`, `taken by ${shown}, which is not the lab's`, RENUMBER)];
    }
    if (row.node === lab.nodeName) return [];
    const remedy = `migrate it to ${lab.nodeName}, or remove it there`;
    return [fault(`vmid ${vmid}`, `the lab's own ${shown}, not on ${lab.nodeName}`, remedy)];
  });
  if (taken.length > 0) return taken;
  const own = lab.guests.filter(({ vmid }) => guests.value.some((guest) => guest.vmid === vmid)).length;
  return [ok(subject, own === 0 ? `all ${lab.guests.length} are free` : `${own} are the lab's own guests`)];
}

const RENUMBER = 'give the guest another vmid in lab.yaml, or remove that one yourself';
