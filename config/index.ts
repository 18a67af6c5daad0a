/** The only reader of process.env and of lab.yaml: everything else is given what it finds here. */
import { readFileSync } from 'node:fs';
import { deployedKinds } from './deployed-kinds';
import { readDeployedLab } from './deployed-lab';
import { InputError } from './input-error';
import { overlap, rangeOf } from './ipv4';
import type { Guest, GuestKind, Lab } from './lab';
import { readLab } from './lab-file';
import { GUEST_KINDS } from './lab-schema';
import { readTarget, usesProxmox } from './load-target';
import { type Environment, labFile } from './paths';
import { type ProviderConnection, providerConnection } from './provider-connection';
import type { Role } from './role';
import { type Roles, rolesBeside } from './roles';
import { networksOfRoutes, networksOfTarget, type TakenNetwork } from './taken-networks';
import type { Target } from './target';
import { readChosenVmids, withoutVmid, withVmids } from './vmids';

export const environment: Environment = process.env;

/**
 * The experiment, checked and frozen. PROXMOX_VE_NODE_NAME goes before node.name of the file, so that one lab.yaml
 * serves several nodes. Throws FaultyFileError with all faults at once.
 */
export function loadLab(file?: string, env: Environment = environment): Lab {
  return withKnownVmids(readWith(networksOfTarget(env), env, file));
}

/** The same, its guests of the kind that they were deployed as: LAB_GUESTS of that time need not be set any more. */
export function loadDeployedLab(): Lab {
  return deployedKinds(loadLab(), readDeployedLab().guests);
}

/**
 * The same before the lab is made: on the local node its networks may not be this machine's either. One that is there
 * already can be measured and destroyed whatever routes have come since.
 */
export function loadLabToMake(env: Environment = environment): Lab {
  return withKnownVmids(loadLabAsWritten(true, env));
}

/** The same with the vmids that lab.yaml gives, and no others; only who chooses those that are missing asks for it. */
export function loadLabAsWritten(toMake: boolean, env: Environment = environment): Lab {
  const routes = usesProxmox(env) || !toMake ? [] : networksOfRoutes(routeTable());
  return readWith([...networksOfTarget(env), ...routes], env);
}

/**
 * With the vmids that were chosen for guests that lab.yaml gives none (vmids: auto): those of Terraform's state, and of
 * guests that it has not yet, those of the last synthesis. Before that a guest has NO_VMID.
 */
export function withKnownVmids(lab: Lab): Lab {
  if (withoutVmid(lab).length === 0) return lab;
  return withVmids(withVmids(lab, readDeployedLab().guests), readChosenVmids());
}

/** LAB_GUESTS. Throws InputError for any other word. */
function guestKindOf({ LAB_GUESTS: word }: Environment): GuestKind | undefined {
  if (!word) return undefined;
  const kind = GUEST_KINDS.find((each) => `${each}s` === word);
  if (kind) return kind;
  const known = GUEST_KINDS.map((each) => `${each}s`).join(' or ');
  throw new InputError(`LAB_GUESTS is ${JSON.stringify(word)}; it can be ${known}`);
}

function readWith(taken: readonly TakenNetwork[], env: Environment, file = labFile(env)): Lab {
  return readLab(file, {
    nodeName: env.PROXMOX_VE_NODE_NAME || undefined,
    guestKind: guestKindOf(env),
    taken,
    onlyNode: !usesProxmox(env),
  });
}

/** The roles of the lab itself and of the user. Throws FaultyFileError where one has faults. */
export function loadRoles(env: Environment = environment): Roles {
  return rolesBeside(labFile(env));
}

/** Of those, the role of a guest. */
export function loadRole(guest: Pick<Guest, 'role'>, env: Environment = environment): Role {
  const file = labFile(env);
  if (rolesRead?.file !== file) rolesRead = { file, roles: rolesBeside(file) };
  const role = rolesRead.roles.get(guest.role);
  if (!role) throw new InputError(`there is no role ${guest.role} in roles/ beside ${file}`);
  return role;
}

/** Read once, since every guest of a lab asks. */
let rolesRead: { readonly file: string; readonly roles: Roles } | undefined;

/** Whether this machine has a route of its own to an address, and not only the one to everywhere. */
export function isRouted(address: string): boolean {
  const range = rangeOf(address, 32);
  return networksOfRoutes(routeTable()).some((network) => overlap(network.range, range));
}

/** Linux's routes of IPv4; empty where there are none. */
function routeTable(): string {
  try {
    return readFileSync('/proc/net/route', 'utf8');
  } catch {
    return '';
  }
}

/** The node that the lab acts on. Throws TargetError: what is missing, and what to do. */
export function loadTarget(lab: Pick<Lab, 'nodeName'> = loadLab(), env: Environment = environment): Target {
  return readTarget(env, lab.nodeName);
}

/** How the Terraform provider reaches that node; works without the local node being up. Throws TargetError. */
export function loadProviderConnection(
  lab: Pick<Lab, 'nodeName'>,
  env: Environment = environment,
): ProviderConnection {
  return providerConnection(lab, env);
}

/**
 * Whether a guest without its application is an error. On the local node it is not: a machine that cannot reach the
 * internet has no source of Moodle, and the rest of the experiment is worth having.
 */
export function applicationsRequired(env: Environment = environment): boolean {
  return usesProxmox(env);
}

export { InputError } from './input-error';
export { usesProxmox } from './load-target';
export {
  connectionFile,
  type Environment,
  knownHostsFile,
  logDirectory,
  nodeStateDirectory,
  repositoryRoot,
  resultsDirectory,
} from './paths';
export type { ProviderConnection } from './provider-connection';
