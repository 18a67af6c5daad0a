import { type Finding, fault, ok } from './finding';
import type { NodeFacts } from './node-facts';

export function checkNodeName(
  { endpoint, kind, nodes }: NodeFacts,
  { nodeName }: { readonly nodeName: string },
): readonly Finding[] {
  const subject = `node ${nodeName}`;
  if ('fault' in nodes) return [fault(subject, nodes.fault, 'docs/how-to/real-proxmox.md')];
  const found = nodes.value.find(({ node }) => node === nodeName);
  if (!found) {
    const names = nodes.value.map(({ node }) => node).join(', ');
    const other = kind === 'local' ? '' : ', or set PROXMOX_VE_NODE_NAME';
    const remedy = `Correct node.name in lab.yaml${other}`;
    return [fault(subject, `${endpoint} has no node ${nodeName}; it has ${names}`, remedy)];
  }
  if (found.status === 'online') return [ok(subject, 'online')];
  return [fault(subject, `${endpoint}: the node ${nodeName} is ${found.status}`, 'start it')];
}
