import type { Lab } from '../../config/lab';
import { labShares } from '../../config/lab-shares';
import type { SshTarget, Target } from '../../config/target';
import { ApiClient } from '../api-client';
import { checkApi } from './api';
import { checkBackups } from './backups';
import { checkBridges } from './bridges';
import { checkCapacity } from './capacity';
import { checkClock } from './clock';
import { type Finding, fault } from './finding';
import { checkHost } from './host';
import { checkImages } from './images';
import type { NodeFacts } from './node-facts';
import { checkNodeName } from './node-name';
import { checkPrivileges } from './privileges';
import { readHost } from './read-host';
import { type ReadNodeOptions, readNode } from './read-node';
import { checkStorages } from './storages';
import { checkVmids } from './vmids';

const CHECKS: readonly ((facts: NodeFacts, lab: Lab) => readonly Finding[])[] = [
  checkPrivileges,
  checkStorages,
  checkBridges,
  checkVmids,
  checkCapacity,
  checkImages,
  checkBackups,
  checkClock,
];

/** Everything that is looked at before something is made on a node. Pure: what was read decides. */
export function checkNode(facts: NodeFacts, lab: Lab): readonly Finding[] {
  const api = checkApi(facts);
  const host = checkHost(facts, lab);
  if (api.some(({ state }) => state === 'fault')) return [...api, ...host];
  const name = checkNodeName(facts, lab);
  // Of a node that is not there nothing else can be said.
  if (name.some(({ state }) => state === 'fault')) return [...api, ...name, ...host.filter(isReached)];
  return [...api, ...name, ...CHECKS.flatMap((check) => check(facts, lab)), ...host];
}

export interface KnownOfLab
  extends Pick<ReadNodeOptions, 'template' | 'tag' | 'takenOver' | 'replaceableVmids'> {
  /** Bridges of a node in Terraform's state. */
  readonly deployedBridges?: (nodeName: string) => ReadonlySet<string> | undefined;
}

function isReached({ subject }: Finding): boolean {
  return subject === 'SSH to the node';
}

/** Reads every node that the lab is on and checks it; changes nothing, and takes some seconds at most. Never rejects. */
export async function preflight(
  target: Target,
  lab: Lab,
  known: KnownOfLab = {},
): Promise<readonly Finding[]> {
  const [own, ...others] = labShares(lab);
  const findings = await Promise.all([
    preflightNode(target, own, target.ssh, known),
    ...others.map(async (share) => {
      const found = await preflightNode(
        { ...target, nodeName: share.nodeName },
        share,
        sshOf(target, share),
        known,
      );
      return found.map((finding) => ({ ...finding, subject: `${share.nodeName}: ${finding.subject}` }));
    }),
  ]);
  return findings.flat();
}

/** Where nothing is said of it, the provider alone finds the node's address. */
function sshOf({ ssh }: Target, { nodes, nodeName }: Lab): SshTarget | undefined {
  const said = nodes?.[nodeName]?.ssh;
  return said && { ...ssh, host: said.address, port: said.port };
}

async function preflightNode(
  target: Target,
  lab: Lab,
  ssh: SshTarget | undefined,
  { deployedBridges, ...known }: KnownOfLab,
): Promise<readonly Finding[]> {
  let api: ApiClient;
  try {
    api = new ApiClient(target);
  } catch (error) {
    return [fault('Proxmox VE API', (error as Error).message, 'correct SSL_CERT_FILE')];
  }
  try {
    const facts = await readNode(target, lab, {
      ...known,
      ...{ api, deployedBridges: deployedBridges?.(lab.nodeName) },
      host: ssh && ((directory, seconds) => readHost(ssh, lab, directory, seconds)),
    });
    return checkNode(facts, lab);
  } finally {
    await api.abandon();
  }
}
