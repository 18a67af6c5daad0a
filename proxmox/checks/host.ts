import type { Lab } from '../../config/lab';
import { containerRights, deployRights, measuringRights, type SudoRight } from '../sudo-rights';
import { type Finding, fault, ok, warning } from './finding';
import type { HostFacts, NodeFacts } from './node-facts';

const SUDO_MEASURING = 'sudo for measuring';
const PROGRAMS = 'programs for measuring';
const MEASURING: readonly string[] = [SUDO_MEASURING, PROGRAMS];

/** What is there over SSH: the right host, rights, the snippets' directory, programs, KVM. */
export function checkHost(facts: NodeFacts, lab: Lab): readonly Finding[] {
  const { host } = facts;
  if (host === undefined) return [];
  if ('fault' in host) return [fault('SSH to the node', host.fault, 'docs/how-to/real-proxmox.md')];
  const wrong = otherHost(facts, host.value, lab);
  if (wrong) return [wrong];
  const findings = [
    ok('SSH to the node', `host ${host.value.name}, ${host.value.uid === 0 ? 'as root' : 'with sudo'}`),
    ...sudo(host.value, lab),
    snippets(host.value, lab),
    programs(host.value, lab),
    ...(facts.kind === 'proxmox' ? [kvm(host.value)] : []),
  ];
  // Measuring is done on the lab's own node.
  return lab.withoutClients ? findings.filter(({ subject }) => !MEASURING.includes(subject)) : findings;
}

/** A member of a cluster answers for all of them over its API, and only for itself over SSH. */
function otherHost(
  { kind, nodes }: NodeFacts,
  { name }: HostFacts,
  { nodeName, withoutClients }: Lab,
): Finding | undefined {
  if (kind === 'local' || name.toLowerCase() === nodeName.toLowerCase()) return undefined;
  const isMember = 'value' in nodes && nodes.value.some(({ node }) => node === name);
  const found = isMember
    ? `it reaches ${name}, another node of the cluster, not ${nodeName}`
    : `it reaches a host named ${name}, not the node ${nodeName}`;
  const remedy = withoutClients
    ? `correct nodes.${nodeName}.ssh.address in lab.yaml`
    : `set LAB_SSH_ADDRESS to the address of ${nodeName}`;
  return fault('SSH to the node', found, remedy);
}

function sudo({ uid, sudo: allowed, snippets: { directory } }: HostFacts, lab: Lab): readonly Finding[] {
  if (uid === 0) return [];
  const lacking = (rights: readonly SudoRight[]) =>
    rights.map(({ example }) => example).filter((example) => !allowed.has(example));
  const remedy = 'npm run privileges prints the file for /etc/sudoers.d';
  const deploying = lacking([...deployRights(directory), ...containerRights(lab)]);
  const measuring = lacking(measuringRights(lab));
  return [
    deploying.length > 0
      ? fault('sudo for the deploy', `not without a password: ${deploying.join(', ')}`, remedy)
      : ok('sudo for the deploy', 'allowed'),
    measuring.length > 0
      ? beforeMeasuring(warning(SUDO_MEASURING, `not without a password: ${measuring.join(', ')}`, remedy))
      : ok(SUDO_MEASURING, 'allowed'),
  ];
}

function snippets(
  { uid, snippets: { directory, exists, writable, readOnly } }: HostFacts,
  lab: Lab,
): Finding {
  const subject = "the snippets' directory";
  if (!exists) {
    if (lab.storages?.[lab.storage.snippets]) {
      return ok(subject, `the deployment makes it, with the storage ${lab.storage.snippets}`);
    }
    if (lab.node.storageContent?.some((type) => type === 'snippets')) {
      return ok(subject, `${directory} is made by the deploy`);
    }
    const remedy = `on the node: pvesm set ${lab.storage.snippets} --content ..., with snippets, then pvesm status; or mkdir ${directory}`;
    return fault(subject, `${directory} is not there`, remedy);
  }
  // Else the provider's error, where it does not come as root, would be the whole file that it could not write.
  if (readOnly || (uid === 0 && !writable))
    return fault(subject, `${directory} cannot be written`, 'mount it writable');
  return ok(subject, directory);
}

function programs({ programs: there }: HostFacts, lab: Lab): Finding {
  const subject = PROGRAMS;
  const needed: Record<string, string> = {
    flock: 'util-linux',
    ip: 'iproute2',
    tc: 'iproute2',
    python3: 'python3',
  };
  if (lab.networks.clients.lossPercent !== undefined) needed.nft = 'nftables';
  const missing = Object.keys(needed).filter((name) => !there.has(name));
  if (missing.length === 0) return ok(subject, 'all there');
  const packages = [...new Set(missing.map((name) => needed[name]))].join(' ');
  return beforeMeasuring(
    warning(subject, `the node lacks ${missing.join(', ')}`, `on the node: apt-get install ${packages}`),
  );
}

function kvm({ hasKvm, isProxmox, virtual }: HostFacts): Finding {
  const subject = 'KVM on the node';
  if (!hasKvm) {
    const found = 'no /dev/kvm';
    const remedy = virtual
      ? `the node is a virtual machine (${virtual}): allow nesting in its host`
      : 'switch virtualisation on in its firmware';
    return (isProxmox ? fault : warning)(subject, found, remedy);
  }
  if (!virtual) return ok(subject, 'there');
  const found = `there, nested: the node is a virtual machine itself (${virtual})`;
  return warning(subject, found, 'works; figures are those of nested guests');
}

function beforeMeasuring(finding: Finding): Finding {
  return { ...finding, stopsMeasuring: true };
}
