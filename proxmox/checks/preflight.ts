import type { Lab } from '../../config/lab';
import type { Target } from '../../config/target';
import { ApiClient } from '../api-client';
import { checkApi } from './api';
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

function isReached({ subject }: Finding): boolean {
  return subject === 'SSH to the node';
}

/** Reads the node and checks it; changes nothing, and takes some seconds at most. Never rejects for what it finds. */
export async function preflight(
  target: Target,
  lab: Lab,
  known: Pick<ReadNodeOptions, 'template' | 'tag' | 'deployedBridges' | 'replaceableVmids'> = {},
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
      api,
      host: (directory, seconds) => readHost(target.ssh, lab, directory, seconds),
    });
    return checkNode(facts, lab);
  } finally {
    await api.abandon();
  }
}
