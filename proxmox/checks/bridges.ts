import { bridgeComment } from '../../config/bridge-comment';
import type { Lab } from '../../config/lab';
import { bridgedNetworks } from '../../config/lab-shares';
import { stagedBridges, stagedInterfaces } from '../staged-bridges';
import { type Finding, fault, ok, warning } from './finding';
import type { InterfaceRow, NodeFacts } from './node-facts';

/** Before a first deployment nothing on a node is the lab's. */
const NO_TAG = 'not deployed';

/** The lab's bridges: free, or its own; and whether somebody else's change of the network waits to be applied. */
export function checkBridges(facts: NodeFacts, lab: Lab): readonly Finding[] {
  const { network } = facts;
  if ('fault' in network) return [warning('bridges', network.fault, 'npm run privileges')];
  const { interfaces, staged } = network.value;
  const tag = facts.tag ?? NO_TAG;
  const own = stagedBridges(interfaces, staged, lab, tag);
  const bridges = bridgedNetworks(lab).map((name) => {
    const { bridge } = lab.networks[name];
    const row = interfaces.find(({ iface }) => iface === bridge);
    if (
      facts.takenOver &&
      facts.deployedBridges?.has(bridge) &&
      row?.comments?.trim() === olderComment(lab, name)
    ) {
      return ok(`bridge ${bridge}`, 'there, of the lab that is taken over');
    }
    return checkBridge(bridge, row, bridgeComment(lab, name, tag), own.includes(bridge), facts);
  });
  const names: readonly string[] = bridgedNetworks(lab).map((name) => lab.networks[name].bridge);
  const others = stagedInterfaces(staged).filter((name) => !names.includes(name));
  if (others.length === 0) return bridges;
  const found = `a change of ${others.join(', ')} is staged and not applied; making the lab's bridges would apply it too`;
  const remedy = `apply it (on the node: pvesh set /nodes/${lab.nodeName}/network) or drop it (pvesh delete /nodes/${lab.nodeName}/network)`;
  return [...bridges, fault('network of the node', found, remedy)];
}

function checkBridge(
  bridge: string,
  row: InterfaceRow | undefined,
  comment: string,
  staged: boolean,
  { deployedBridges }: NodeFacts,
): Finding {
  const subject = `bridge ${bridge}`;
  if (!row) return ok(subject, 'free');
  const said = (row.comments ?? '').trim();
  if (said !== comment) {
    const found = `it is there already and is not the lab's (${said || row.cidr || 'no comment'})`;
    const isLabs = /: (servers|clients) \(lab-[0-9a-f]{8}\)$/.test(said);
    const orElse = isLabs ? '; npm run orphans says of which lab it is' : '';
    return fault(subject, found, `name another bridge under networks in lab.yaml${orElse}`);
  }
  if (deployedBridges?.has(bridge)) return ok(subject, "there, the lab's own");
  if (deployedBridges === undefined && !staged) return ok(subject, "there, with the lab's comment");
  const left = "with the lab's comment, and Terraform does not know it: left by a deployment that failed";
  if (staged)
    return warning(subject, `it is staged and not applied, ${left}`, 'the next deploy takes it back');
  return warning(subject, `it is there, ${left}`, 'the next deploy takes it in');
}

/** What the comment of a bridge was before labs had identities. */
function olderComment(lab: Pick<Lab, 'name'>, network: string): string {
  return `${lab.name}: ${network}`;
}
