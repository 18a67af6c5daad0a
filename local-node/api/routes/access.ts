import { ApiError } from '../../base/api-error';
import type { Caller } from '../../base/caller';
import { parametersOf } from '../../formats/call-parameters';
import { CAPABILITY_AREAS } from '../../formats/privileges';
import type { LocalNode } from '../../node';
import { guardRoot } from '../access-parameters';
import { type Route, route } from '../route';

/** Logging in, and what a caller may do. */
export const accessRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/access/ticket',
    permission: 'open',
    parameters: parametersOf('POST /access/ticket', 'username', 'password', 'realm', 'new-format'),
    handle: (node, { parameters }) => login(node, parameters.username, parameters.password, parameters.realm),
  }),
  route({
    method: 'GET',
    path: '/access/domains',
    permission: 'open',
    parameters: {},
    handle: () => [
      { realm: 'pam', type: 'pam', comment: 'Linux PAM standard authentication' },
      { realm: 'pve', type: 'pve', comment: 'Proxmox VE authentication server' },
    ],
  }),
  route({
    method: 'PUT',
    path: '/access/password',
    permission: 'self',
    parameters: parametersOf('PUT /access/password', 'password', 'userid'),
    handle: async (node, { caller, parameters }) => {
      const name = parameters.userid;
      guardRoot(caller, name);
      if (caller.userId !== name || caller.tokenId) node.access.check(caller, '/access', ['User.Modify']);
      if (!node.access.config.users.has(name)) throw new ApiError(500, `no such user ('${name}')`);
      await node.access.setPassword(name, parameters.password);
    },
  }),
  route({
    method: 'GET',
    path: '/access/permissions',
    permission: 'self',
    parameters: {
      ...parametersOf('GET /access/permissions', 'userid'),
      path: { type: 'string', pattern: /^\//, optional: true },
    },
    handle: (node, { caller, parameters }) => {
      const subject = parameters.userid === undefined ? caller : parseSubject(parameters.userid);
      if (subject.userId !== caller.userId) node.access.check(caller, '/access', ['Sys.Audit']);
      return permissionTree(node, subject, parameters.path);
    },
  }),
];

async function login(
  node: LocalNode,
  name: string,
  password: string,
  realm: string | undefined,
): Promise<unknown> {
  const full = realm === undefined || name.includes('@') ? name : `${name}@${realm}`;
  // A ticket in the place of the password renews the login.
  const caller = password.startsWith('PVE:')
    ? node.access.ticketCaller(password)
    : await node.access.login(full, password);
  if (caller?.userId !== full) throw new ApiError(401, 'authentication failure');
  return loggedIn(node, full);
}

/** What a login answers: the ticket, and what its user may do. */
export function loggedIn(node: LocalNode, userId: string): unknown {
  const { ticket, csrfToken } = node.access.ticket(userId);
  return { username: userId, ticket, CSRFPreventionToken: csrfToken, cap: capabilities(node, { userId }) };
}

function capabilities(node: LocalNode, caller: Caller): Record<string, Record<string, 1>> {
  return Object.fromEntries(
    Object.entries(CAPABILITY_AREAS).map(([area, { path, prefixes }]) => {
      const held = [...node.access.permissions(caller, path).keys()];
      const mine = held.filter((name) => prefixes.some((prefix) => name.startsWith(prefix)));
      return [area, Object.fromEntries(mine.map((name) => [name, 1]))];
    }),
  );
}

const AREAS = ['/', '/access', '/access/groups', '/mapping', '/nodes', '/pool', '/sdn', '/storage', '/vms'];

/** Privileges by path, 1 = below it too; paths without any are left out. */
function permissionTree(node: LocalNode, caller: Caller, path: string | undefined): unknown {
  const paths =
    path === undefined ? [...AREAS, ...node.access.config.acl.map((entry) => entry.path)] : [path];
  const tree: Record<string, Record<string, 0 | 1>> = {};
  for (const place of paths) {
    const held = [...node.access.permissions(caller, place)];
    if (held.length === 0 && path === undefined) continue;
    tree[place] = Object.fromEntries(held.map(([name, propagate]) => [name, propagate ? 1 : 0]));
  }
  return tree;
}

function parseSubject(text: string): Caller {
  const [user = '', token] = text.split('!');
  return { userId: user, ...(token ? { tokenId: token } : {}) };
}
