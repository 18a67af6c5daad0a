import type { PrivilegeNeed } from './needed-privileges';
import type { SudoRight } from './sudo-rights';

export interface Role {
  readonly name: string;
  readonly privileges: readonly string[];
  /** Where it is given. */
  readonly paths: readonly string[];
}

/** The fewest roles that give what is needed and no more: one for each set of privileges that paths of a kind need. */
export function rolesOf(needs: readonly PrivilegeNeed[], prefix: string): readonly Role[] {
  const byPath = new Map<string, string[]>();
  for (const { path, privilege } of needs) byPath.set(path, [...(byPath.get(path) ?? []), privilege]);
  const roles = new Map<string, { kind: string; privileges: readonly string[]; paths: string[] }>();
  for (const [path, privileges] of byPath) {
    const kind = kindOf(path);
    const sorted = [...privileges].sort();
    const key = [kind, ...sorted].join();
    const role = roles.get(key) ?? { kind, privileges: sorted, paths: [] };
    role.paths.push(path);
    roles.set(key, role);
  }
  const seen = new Map<string, number>();
  return [...roles.values()].map(({ kind, privileges, paths }) => {
    const count = (seen.get(kind) ?? 0) + 1;
    seen.set(kind, count);
    return { name: `${prefix}${kind}${count > 1 ? count : ''}`, privileges, paths };
  });
}

const KINDS: Readonly<Record<string, string>> = {
  vms: 'Guests',
  storage: 'Storage',
  nodes: 'Node',
  sdn: 'Bridge',
};

function kindOf(path: string): string {
  return KINDS[path.split('/')[1] ?? ''] ?? 'Datacenter';
}

/** The commands that make user, roles and token, for a shell on the node. */
export function pveumLines(roles: readonly Role[], user: string, token: string): readonly string[] {
  return [
    `pveum user add ${user}`,
    ...roles.flatMap(({ name, privileges, paths }) => [
      `pveum role add ${name} --privs "${privileges.join(' ')}"`,
      ...paths.map((path) => `pveum acl modify ${path} --users ${user} --roles ${name}`),
    ]),
    `pveum user token add ${user} ${token} --privsep 0`,
  ];
}

/** The lines of a file in /etc/sudoers.d. */
export function sudoersLines(rights: readonly SudoRight[], user: string): readonly string[] {
  return rights.map(({ rule }) => `${user} ALL=(root) NOPASSWD: ${rule}`);
}
