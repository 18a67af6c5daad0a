import type { Lab } from '../../config/lab';
import { neededPrivileges, type PrivilegeNeed } from '../needed-privileges';
import { type Finding, fault, ok, warning } from './finding';
import { answerOf, type NodeFacts, type Permissions } from './node-facts';

/** Each privilege by name and path. */
export function checkPrivileges(facts: NodeFacts, lab: Lab): readonly Finding[] {
  const subject = 'privileges';
  const { permissions } = facts;
  if ('fault' in permissions)
    return [warning(subject, permissions.fault, 'npm run privileges prints what is needed')];
  const needs = neededPrivileges(lab, versionOf(facts));
  const lacking = needs.filter((need) => !isGranted(permissions.value, need));
  if (lacking.length === 0) return [ok(subject, `${facts.login.shown} has all ${needs.length}`)];
  return byPrivileges(lacking).map(({ privileges, paths }) =>
    fault(
      subject,
      `${facts.login.shown} lacks ${privileges} on ${shownPaths(paths)}`,
      'npm run privileges prints the lines that grant it',
    ),
  );
}

function versionOf(facts: NodeFacts): 8 | 9 {
  return answerOf(facts.version)?.startsWith('8.') ? 8 : 9;
}

function isGranted(permissions: Permissions, { path, privilege, or }: PrivilegeNeed): boolean {
  return (
    holds(permissions, path, privilege) || (or?.every(([at, name]) => holds(permissions, at, name)) ?? false)
  );
}

/** What is said nearest to a path holds there; above it, only what is passed down. */
export function holds(permissions: Permissions, path: string, privilege: string): boolean {
  const own = permissions[path];
  if (own) return own[privilege] !== undefined;
  const above = path.slice(0, path.lastIndexOf('/')) || '/';
  if (path === '/') return false;
  return nearest(permissions, above)?.[privilege] === 1;
}

function nearest(permissions: Permissions, path: string): Readonly<Record<string, number>> | undefined {
  const here = permissions[path];
  if (here || path === '/') return here;
  return nearest(permissions, path.slice(0, path.lastIndexOf('/')) || '/');
}

/** Paths that lack the same privileges together: a lab may have a thousand guests. */
function byPrivileges(
  lacking: readonly PrivilegeNeed[],
): readonly { readonly privileges: string; readonly paths: readonly string[] }[] {
  const byPath = new Map<string, string[]>();
  for (const { path, privilege } of lacking) byPath.set(path, [...(byPath.get(path) ?? []), privilege]);
  const groups = new Map<string, string[]>();
  for (const [path, names] of byPath) {
    const privileges = names.sort().join(', ');
    groups.set(privileges, [...(groups.get(privileges) ?? []), path]);
  }
  return [...groups].map(([privileges, paths]) => ({ privileges, paths }));
}

function shownPaths(paths: readonly string[]): string {
  const shown = paths.slice(0, 3).join(', ');
  return paths.length > 3 ? `${shown} and ${paths.length - 3} more` : shown;
}
