import { rolePrivileges } from '../../access/permissions';
import { ApiError, badParameters } from '../../base/api-error';
import { parametersOf } from '../../formats/call-parameters';
import { FLAG, TEXT } from '../../formats/parameter-types';
import { BUILT_IN_ROLES } from '../../formats/privileges';
import type { AclEntry } from '../../formats/user-config';
import type { LocalNode } from '../../node';
import { COMMENT, isAclPath, splitList } from '../access-parameters';
import { type CallOf, type Route, route } from '../route';

const SYS_MODIFY = { path: '/access', anyOf: ['Sys.Modify'] };
const GROUP_ALLOCATE = { path: '/access/groups', anyOf: ['Group.Allocate'] };

const ACL_CHANGE = {
  path: { type: 'string' },
  roles: { type: 'string' },
  users: TEXT,
  groups: TEXT,
  tokens: TEXT,
  propagate: FLAG,
  delete: FLAG,
} as const;

/** Roles, groups and access control lists. */
export const roleRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/access/roles',
    permission: 'authenticated',
    parameters: {},
    handle: (node) => [
      ...[...BUILT_IN_ROLES].map(([roleid, privs]) => ({
        roleid,
        privs: [...privs].sort().join(','),
        special: 1,
      })),
      ...[...node.access.config.roles].map(([roleid, privs]) => ({
        roleid,
        privs: [...privs].sort().join(','),
        special: 0,
      })),
    ],
  }),
  route({
    method: 'GET',
    path: '/access/roles/{roleid}',
    permission: 'authenticated',
    parameters: parametersOf('GET /access/roles/{roleid}'),
    handle: (node, { parameters }) => {
      const held = rolePrivileges(node.access.config, parameters.roleid);
      if (!held) throw new ApiError(500, `role '${parameters.roleid}' does not exist`);
      return Object.fromEntries(held.map((name) => [name, 1]));
    },
  }),
  route({
    method: 'POST',
    path: '/access/roles',
    permission: SYS_MODIFY,
    parameters: parametersOf('POST /access/roles', 'roleid', 'privs'),
    handle: async (node, { parameters }) => {
      const id = parameters.roleid;
      const fail = (why: string) => new ApiError(500, `create role failed: ${why}`);
      if (/^PVE/i.test(id)) throw fail(`role ID '${id}' is in the reserved namespace 'PVE*'`);
      if (rolePrivileges(node.access.config, id)) throw fail(`role '${id}' already exists`);
      const privileges = splitList(parameters.privs);
      await node.access.update((config) => config.roles.set(id, new Set(privileges)));
    },
  }),
  route({
    method: 'PUT',
    path: '/access/roles/{roleid}',
    permission: SYS_MODIFY,
    parameters: parametersOf('PUT /access/roles/{roleid}', 'privs', 'append'),
    handle: async (node, { parameters }) => {
      const id = ownRole(node, parameters.roleid);
      const privileges = splitList(parameters.privs);
      await node.access.update((config) => {
        const before = parameters.append ? [...(config.roles.get(id) ?? [])] : [];
        config.roles.set(id, new Set([...before, ...privileges]));
      });
    },
  }),
  route({
    method: 'DELETE',
    path: '/access/roles/{roleid}',
    permission: SYS_MODIFY,
    parameters: parametersOf('DELETE /access/roles/{roleid}'),
    handle: async (node, { parameters }) => {
      const id = ownRole(node, parameters.roleid);
      await node.access.update((config) => {
        config.roles.delete(id);
        config.acl = config.acl.filter((entry) => entry.role !== id);
      });
    },
  }),
  route({
    method: 'GET',
    path: '/access/groups',
    permission: 'self',
    parameters: {},
    handle: (node, { caller }) =>
      [...node.access.config.groups]
        .filter(([id]) =>
          node.access.has(caller, `/access/groups/${id}`, ['User.Modify', 'Sys.Audit', 'Group.Allocate']),
        )
        .map(([groupid, group]) => ({
          groupid,
          users: [...group.users].join(','),
          ...(group.comment ? { comment: group.comment } : {}),
        })),
  }),
  route({
    method: 'GET',
    path: '/access/groups/{groupid}',
    permission: { path: '/access/groups', anyOf: ['Sys.Audit', 'Group.Allocate'] },
    parameters: parametersOf('GET /access/groups/{groupid}'),
    handle: (node, { parameters }) => {
      const group = node.access.config.groups.get(parameters.groupid);
      if (!group) throw new ApiError(500, `group '${parameters.groupid}' does not exist`);
      return { members: [...group.users], ...(group.comment ? { comment: group.comment } : {}) };
    },
  }),
  route({
    method: 'POST',
    path: '/access/groups',
    permission: GROUP_ALLOCATE,
    parameters: { ...parametersOf('POST /access/groups', 'groupid'), comment: COMMENT },
    handle: async (node, { parameters }) => {
      const id = parameters.groupid;
      if (node.access.config.groups.has(id)) {
        throw new ApiError(500, `create group failed: group '${id}' already exists`);
      }
      const group = { users: new Set<string>(), comment: parameters.comment ?? '' };
      await node.access.update((config) => config.groups.set(id, group));
    },
  }),
  route({
    method: 'PUT',
    path: '/access/groups/{groupid}',
    permission: GROUP_ALLOCATE,
    parameters: { ...parametersOf('PUT /access/groups/{groupid}'), comment: COMMENT },
    handle: async (node, { parameters }) => {
      const id = parameters.groupid;
      if (!node.access.config.groups.has(id)) throw new ApiError(500, `group '${id}' does not exist`);
      await node.access.update((config) => {
        const group = config.groups.get(id);
        if (group && parameters.comment !== undefined) group.comment = parameters.comment;
      });
    },
  }),
  route({
    method: 'DELETE',
    path: '/access/groups/{groupid}',
    permission: GROUP_ALLOCATE,
    parameters: parametersOf('DELETE /access/groups/{groupid}'),
    handle: async (node, { parameters }) => {
      const id = parameters.groupid;
      if (!node.access.config.groups.has(id)) {
        throw new ApiError(500, `delete group failed: group '${id}' does not exist`);
      }
      await node.access.update((config) => {
        config.groups.delete(id);
        config.acl = config.acl.filter((entry) => !(entry.kind === 'group' && entry.subject === id));
      });
    },
  }),
  route({
    method: 'GET',
    path: '/access/acl',
    permission: 'self',
    parameters: { ...parametersOf('GET /access/acl'), path: TEXT, exact: FLAG },
    handle: (node, { caller }) =>
      node.access.config.acl
        .filter((entry) => node.access.has(caller, entry.path, ['Sys.Audit', 'Permissions.Modify']))
        .map((entry) => ({
          path: entry.path,
          type: entry.kind,
          ugid: entry.subject,
          roleid: entry.role,
          propagate: entry.propagate ? 1 : 0,
        })),
  }),
  route({
    method: 'PUT',
    path: '/access/acl',
    permission: 'self',
    parameters: ACL_CHANGE,
    handle: updateAcl,
  }),
];

async function updateAcl(node: LocalNode, { caller, parameters }: CallOf<typeof ACL_CHANGE>): Promise<void> {
  const given = parameters.path.replace(/\/+/g, '/');
  const path = given.length > 1 ? given.replace(/\/$/, '') : given;
  if (!isAclPath(path)) throw badParameters({ path: `invalid ACL path '${parameters.path}'` });
  node.access.check(caller, path, ['Permissions.Modify']);
  const { config } = node.access;
  const fail = (why: string) => new ApiError(500, `ACL update failed: ${why}`);
  const subjects: Pick<AclEntry, 'kind' | 'subject'>[] = [];
  for (const [kind, field] of [
    ['user', 'users'],
    ['group', 'groups'],
    ['token', 'tokens'],
  ] as const) {
    const list = splitList(parameters[field]);
    subjects.push(...list.map((subject) => ({ kind, subject })));
  }
  if (subjects.length === 0)
    throw badParameters({ users: "either 'users', 'groups' or 'tokens' is required" });
  const roles = splitList(parameters.roles);
  for (const role of roles) {
    if (!rolePrivileges(config, role)) throw fail(`role '${role}' does not exist`);
  }
  for (const { kind, subject } of subjects) {
    const [userId = '', tokenId = ''] = subject.split('!');
    if (kind === 'user' && !config.users.has(subject)) throw fail(`user '${subject}' does not exist`);
    if (kind === 'group' && !config.groups.has(subject)) throw fail(`group '${subject}' does not exist`);
    if (kind === 'token' && !config.users.get(userId)?.tokens.has(tokenId)) {
      throw fail(`no such token '${tokenId}' for user '${userId}'`);
    }
  }
  await node.access.update((copy) => {
    const touched = (entry: AclEntry) =>
      entry.path === path &&
      roles.includes(entry.role) &&
      subjects.some(({ kind, subject }) => entry.kind === kind && entry.subject === subject);
    copy.acl = copy.acl.filter((entry) => !touched(entry));
    if (parameters.delete) return;
    for (const subject of subjects) {
      for (const role of roles) {
        copy.acl.push({ path, ...subject, role, propagate: parameters.propagate !== false });
      }
    }
  });
}

/** The id of a role that may be changed. */
function ownRole(node: LocalNode, id: string): string {
  if (BUILT_IN_ROLES.has(id)) throw new ApiError(500, `auto-generated role '${id}' cannot be modified`);
  if (!node.access.config.roles.has(id)) throw new ApiError(500, `role '${id}' does not exist`);
  return id;
}
