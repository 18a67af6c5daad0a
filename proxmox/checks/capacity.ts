import type { Lab } from '../../config/lab';
import { type Finding, fault, ok, warning } from './finding';
import { answerOf, type NodeFacts } from './node-facts';

const MIB = 1024 ** 2;
const LOWER_MEMORY = 'lower memoryMiB in lab.yaml';

/** Cores and memory of the guests against the node's. */
export function checkCapacity(facts: NodeFacts, lab: Lab): readonly Finding[] {
  const { status } = facts;
  if ('fault' in status) return [warning('cores and memory', status.fault, 'npm run privileges')];
  const { cpuinfo, memory } = status.value;
  return [checkCores(cpuinfo.cpus, lab), checkMemory(memory, facts, lab)];
}

function checkCores(cpus: number, { guests }: Lab): Finding {
  const subject = "cores of the guests' node";
  const tooMany = guests.filter(({ cores }) => cores > cpus);
  if (tooMany.length === 0) return ok(subject, `${cpus}`);
  const names = tooMany.map(({ name, cores }) => `${name} asks for ${cores}`).join(', ');
  const found = `${names}, and the node has ${cpus}: it would not start them (MAX ${cpus} vcpus allowed per VM on this node)`;
  return fault(subject, found, `at most cores: ${cpus} in lab.yaml`);
}

function checkMemory(
  memory: { readonly total: number; readonly available?: number; readonly free?: number },
  facts: NodeFacts,
  { guests }: Lab,
): Finding {
  const subject = "memory of the guests' node";
  const all = guests.reduce((sum, { memoryMiB }) => sum + memoryMiB, 0) * MIB;
  const total = `${gibibytes(memory.total)} in all`;
  const tooLarge = guests.filter(({ memoryMiB }) => memoryMiB * MIB > memory.total);
  if (tooLarge.length > 0) {
    const names = tooLarge.map(({ name, memoryMiB }) => `${name} asks for ${gibibytes(memoryMiB * MIB)}`);
    return fault(subject, `${names.join(', ')}, the node has ${total}`, LOWER_MEMORY);
  }
  // Proxmox VE starts them all the same, and simulated guests use none.
  if (all > memory.total) {
    return warning(subject, `the guests ask for ${gibibytes(all)}, the node has ${total}`, LOWER_MEMORY);
  }
  const there = new Set(answerOf(facts.guests)?.map(({ vmid }) => vmid));
  const more =
    guests.filter(({ vmid }) => !there.has(vmid)).reduce((sum, guest) => sum + guest.memoryMiB, 0) * MIB;
  const free = memory.available ?? memory.free;
  if (free !== undefined && more > free) {
    const found = `the guests ask for ${gibibytes(more)}, ${gibibytes(free)} are free (${total})`;
    return warning(subject, found, `stop other guests, or ${LOWER_MEMORY}`);
  }
  return ok(subject, `${free === undefined ? total : `${gibibytes(free)} free, ${gibibytes(more)} needed`}`);
}

function gibibytes(bytes: number): string {
  return `${(bytes / 1024 ** 3).toFixed(1)} GiB`;
}
