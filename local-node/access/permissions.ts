import type { Caller } from '../base/caller';
import { BUILT_IN_ROLES, PRIVILEGES } from '../formats/privileges';
import type { AclEntry, UserConfig } from '../formats/user-config';

/**
 * What a caller may do on a path, by Proxmox VE's rules: an entry nearer to the path replaces those above it; of one
 * place, entries for the user go before those of the user's groups; NoAccess takes all away; a token with privilege
 * separation has what both its own entries and its user's allow; a guest or storage also has what its pool gives.
 * The value of each privilege tells whether it holds below the path too.
 */
export function permissionsOn(
  config: UserConfig,
  caller: Caller,
  path: string,
): ReadonlyMap<string, boolean> {
  const known = KNOWN.get(config) ?? new Map<string, ReadonlyMap<string, boolean>>();
  KNOWN.set(config, known);
  const question = JSON.stringify([caller.userId, caller.tokenId, path]);
  const found = known.get(question) ?? workOut(config, caller, path);
  // Callers choose paths, so that there is no end of them.
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(question, found);
  return found;
}

/** A configuration is never changed, but replaced: see AccessService. */
const KNOWN = new WeakMap<UserConfig, Map<string, ReadonlyMap<string, boolean>>>();
const MOST_KNOWN = 10_000;
const ALL: ReadonlyMap<string, boolean> = new Map(PRIVILEGES.map((privilege) => [privilege, true]));

function workOut(config: UserConfig, caller: Caller, path: string): ReadonlyMap<string, boolean> {
  const ofUser = caller.userId === 'root@pam' ? ALL : subjectPermissions(config, 'user', caller.userId, path);
  if (caller.tokenId === undefined) return ofUser;
  const token = config.users.get(caller.userId)?.tokens.get(caller.tokenId);
  if (!token) return new Map();
  if (!token.privsep) return ofUser;
  const own = subjectPermissions(config, 'token', `${caller.userId}!${caller.tokenId}`, path);
  return new Map([...own].filter(([privilege]) => ofUser.has(privilege)));
}

export function rolePrivileges(config: UserConfig, role: string): readonly string[] | undefined {
  const own = config.roles.get(role);
  return BUILT_IN_ROLES.get(role) ?? (own && [...own].sort());
}

function subjectPermissions(
  config: UserConfig,
  kind: 'user' | 'token',
  subject: string,
  path: string,
): Map<string, boolean> {
  const held = privileges(config, rolesOn(config, kind, subject, path));
  for (const pool of poolsOf(config, path)) {
    const fromPool = privileges(config, rolesOn(config, kind, subject, `/pool/${pool}`));
    for (const [privilege, propagate] of fromPool) held.set(privilege, held.get(privilege) ?? propagate);
  }
  return held;
}

/** Roles by name; the value tells whether they hold below the path too. */
function rolesOn(
  config: UserConfig,
  kind: 'user' | 'token',
  subject: string,
  path: string,
): Map<string, boolean> {
  let roles = new Map<string, boolean>();
  for (const place of placesAbove(path)) {
    const here = config.acl.filter((entry) => entry.path === place && (entry.propagate || place === path));
    const direct = here.filter((entry) => entry.kind === kind && entry.subject === subject);
    const byGroup = here.filter(
      (entry) =>
        kind === 'user' && entry.kind === 'group' && config.groups.get(entry.subject)?.users.has(subject),
    );
    const nearest: readonly AclEntry[] = direct.length > 0 ? direct : byGroup;
    if (nearest.length > 0) roles = new Map(nearest.map((entry) => [entry.role, entry.propagate]));
  }
  return roles.has('NoAccess') ? new Map() : roles;
}

function privileges(config: UserConfig, roles: ReadonlyMap<string, boolean>): Map<string, boolean> {
  const held = new Map<string, boolean>();
  for (const [role, propagate] of roles) {
    for (const privilege of rolePrivileges(config, role) ?? []) {
      held.set(privilege, (held.get(privilege) ?? false) || propagate);
    }
  }
  return held;
}

/** /, /vms, /vms/100 for /vms/100. */
function placesAbove(path: string): string[] {
  const parts = path.split('/').filter(Boolean);
  return ['/', ...parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`)];
}

function poolsOf(config: UserConfig, path: string): string[] {
  const [, kind, id] = /^\/(vms|storage)\/([^/]+)$/.exec(path) ?? [];
  if (!kind || !id) return [];
  return [...config.pools]
    .filter(([, pool]) => (kind === 'vms' ? pool.vms.has(Number(id)) : pool.storages.has(id)))
    .map(([name]) => name);
}
