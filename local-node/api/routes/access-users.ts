import { ApiError, badParameters } from '../../base/api-error';
import { parametersOf } from '../../formats/call-parameters';
import { newUser, type Token, type User } from '../../formats/user-config';
import type { LocalNode } from '../../node';
import { COMMENT, guardRoot, splitList } from '../access-parameters';
import { type Call, type CallOf, type Route, route } from '../route';

const FIELDS = ['comment', 'email', 'enable', 'expire', 'firstname', 'lastname', 'keys', 'groups'] as const;

const LISTING = parametersOf('GET /access/users', 'full', 'enabled');

const NEW_USER = parametersOf('POST /access/users', 'userid', 'password', ...FIELDS);

const NEW_TOKEN = {
  ...parametersOf('POST /access/users/{userid}/token/{tokenid}', 'expire', 'privsep'),
  comment: COMMENT,
};

const TOKEN_CHANGE = {
  ...parametersOf('PUT /access/users/{userid}/token/{tokenid}', 'expire', 'privsep', 'regenerate'),
  comment: COMMENT,
};

const USER = parametersOf('GET /access/users/{userid}');
const TOKEN = parametersOf('GET /access/users/{userid}/token/{tokenid}');

const PATH_MODIFY = { path: '/access/groups', anyOf: ['User.Modify'] };

/** Users and their API tokens. */
export const userRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/access/users',
    permission: 'self',
    parameters: LISTING,
    handle: listUsers,
  }),
  route({
    method: 'POST',
    path: '/access/users',
    permission: PATH_MODIFY,
    parameters: NEW_USER,
    handle: createUser,
  }),
  route({
    method: 'GET',
    path: '/access/users/{userid}',
    permission: 'self',
    parameters: parametersOf('GET /access/users/{userid}'),
    handle: (node, call) => {
      checkSelfOr(node, call, ['User.Modify', 'Sys.Audit']);
      const name = call.parameters.userid;
      const { tokens, ...fields } = user(node, name);
      return {
        ...shown(fields),
        groups: groupsOf(node, name),
        ...(tokens.size > 0
          ? { tokens: Object.fromEntries([...tokens].map(([id, token]) => [id, shownToken(token)])) }
          : {}),
      };
    },
  }),
  route({
    method: 'PUT',
    path: '/access/users/{userid}',
    permission: PATH_MODIFY,
    parameters: parametersOf('PUT /access/users/{userid}', 'append', ...FIELDS),
    handle: async (node, { caller, parameters }) => {
      const name = parameters.userid;
      guardRoot(caller, name);
      user(node, name);
      await node.access.update((config) => {
        const entry = config.users.get(name);
        if (entry) Object.assign(entry, given(parameters));
        if (parameters.groups === undefined) return;
        for (const [id, group] of config.groups) {
          if (splitList(parameters.groups).includes(id)) group.users.add(name);
          else if (!parameters.append) group.users.delete(name);
        }
      });
    },
  }),
  route({
    method: 'DELETE',
    path: '/access/users/{userid}',
    permission: PATH_MODIFY,
    parameters: parametersOf('DELETE /access/users/{userid}'),
    // Deleting a user who is not there succeeds, as on Proxmox VE.
    handle: async (node, { caller, parameters }) => {
      const name = parameters.userid;
      guardRoot(caller, name);
      await node.access.update((config) => {
        config.users.delete(name);
        for (const group of config.groups.values()) group.users.delete(name);
        config.acl = config.acl.filter(
          (entry) =>
            !(entry.kind !== 'group' && (entry.subject === name || entry.subject.startsWith(`${name}!`))),
        );
      });
      await node.access.forgetSecrets();
    },
  }),
  route({
    method: 'GET',
    path: '/access/users/{userid}/token',
    permission: 'self',
    parameters: parametersOf('GET /access/users/{userid}/token'),
    handle: (node, call) => {
      checkSelfOr(node, call, ['User.Modify', 'Sys.Audit']);
      const { tokens } = user(node, call.parameters.userid);
      return [...tokens].map(([tokenid, token]) => ({ tokenid, ...shownToken(token) }));
    },
  }),
  route({
    method: 'GET',
    path: '/access/users/{userid}/token/{tokenid}',
    permission: 'self',
    parameters: parametersOf('GET /access/users/{userid}/token/{tokenid}'),
    handle: (node, call) => {
      checkSelfOr(node, call, ['User.Modify', 'Sys.Audit']);
      return shownToken(token(node, call));
    },
  }),
  route({
    method: 'POST',
    path: '/access/users/{userid}/token/{tokenid}',
    permission: 'self',
    parameters: NEW_TOKEN,
    handle: createToken,
  }),
  route({
    method: 'PUT',
    path: '/access/users/{userid}/token/{tokenid}',
    permission: 'self',
    parameters: TOKEN_CHANGE,
    handle: updateToken,
  }),
  route({
    method: 'DELETE',
    path: '/access/users/{userid}/token/{tokenid}',
    permission: 'self',
    parameters: parametersOf('DELETE /access/users/{userid}/token/{tokenid}'),
    handle: async (node, call) => {
      checkSelfOr(node, call, ['User.Modify']);
      token(node, call);
      const [name, id] = names(call);
      await node.access.update((config) => {
        config.users.get(name)?.tokens.delete(id);
        config.acl = config.acl.filter((entry) => entry.subject !== `${name}!${id}`);
      });
      await node.access.forgetSecrets();
    },
  }),
];

function listUsers(node: LocalNode, { caller, parameters }: CallOf<typeof LISTING>): unknown {
  const all = node.access.has(caller, '/access/groups', ['User.Modify', 'Sys.Audit']);
  const rows = [...node.access.config.users].filter(
    ([name, entry]) =>
      (all || (name === caller.userId && !caller.tokenId)) &&
      (parameters.enabled === undefined || entry.enable === parameters.enabled),
  );
  return rows.map(([userid, { tokens, ...fields }]) => ({
    userid,
    ...shown(fields),
    'realm-type': userid.split('@').at(-1),
    ...(parameters.full
      ? {
          groups: groupsOf(node, userid).join(','),
          tokens:
            tokens.size > 0 ? [...tokens].map(([tokenid, item]) => ({ tokenid, ...shownToken(item) })) : null,
        }
      : {}),
  }));
}

async function createUser(node: LocalNode, { parameters }: CallOf<typeof NEW_USER>): Promise<void> {
  const name = parameters.userid;
  const groups = splitList(parameters.groups);
  const fail = (why: string) => new ApiError(500, `create user failed: ${why}`);
  const { config } = node.access;
  if (config.users.has(name)) throw fail(`user '${name}' already exists`);
  const absent = groups.find((id) => !config.groups.has(id));
  if (absent !== undefined) throw fail(`no such group '${absent}'`);
  // Secrets come first: without a user they open nothing. None is left over from a user of that name.
  if (parameters.password === undefined) await node.access.forgetSecrets();
  else await node.access.setPassword(name, parameters.password);
  await node.access.update((copy) => {
    copy.users.set(name, newUser(given(parameters)));
    for (const id of groups) copy.groups.get(id)?.users.add(name);
  });
}

async function createToken(node: LocalNode, call: CallOf<typeof NEW_TOKEN>): Promise<unknown> {
  checkSelfOr(node, call, ['User.Modify']);
  const [name, id] = names(call);
  if (user(node, name).tokens.has(id)) throw badParameters({ tokenid: 'Token already exists.' });
  const { comment, expire, privsep } = call.parameters;
  const made: Token = {
    comment: comment ?? '',
    expire: expire ?? 0,
    privsep: privsep !== false,
  };
  const secret = await node.access.newTokenSecret(name, id);
  await node.access.update((config) => config.users.get(name)?.tokens.set(id, made));
  // Proxmox VE repeats what was sent, as it was sent.
  const info = {
    privsep: privsep === undefined ? 1 : privsep ? '1' : '0',
    comment,
    expire: expire?.toString(),
  };
  return { 'full-tokenid': `${name}!${id}`, info, value: secret };
}

async function updateToken(node: LocalNode, call: CallOf<typeof TOKEN_CHANGE>): Promise<unknown> {
  checkSelfOr(node, call, ['User.Modify']);
  const before = token(node, call);
  const [name, id] = names(call);
  const { comment, expire, privsep, regenerate } = call.parameters;
  const after: Token = {
    comment: comment ?? before.comment,
    expire: expire ?? before.expire,
    privsep: privsep ?? before.privsep,
  };
  await node.access.update((config) => config.users.get(name)?.tokens.set(id, after));
  const secret = regenerate ? await node.access.newTokenSecret(name, id) : undefined;
  return { ...shownToken(after), ...(secret ? { 'full-tokenid': `${name}!${id}`, value: secret } : {}) };
}

/** The user, logged in without a token, may do this to himself. */
function checkSelfOr(
  node: LocalNode,
  { caller, parameters }: CallOf<typeof USER>,
  anyOf: readonly string[],
): void {
  if (caller.userId === parameters.userid && !caller.tokenId) return;
  if (anyOf.every((privilege) => privilege.endsWith('.Modify'))) guardRoot(caller, parameters.userid);
  node.access.check(caller, '/access/groups', anyOf);
}

function names({ parameters }: CallOf<typeof TOKEN>): [string, string] {
  return [parameters.userid, parameters.tokenid];
}

function user(node: LocalNode, name: string): User {
  const entry = node.access.config.users.get(name);
  if (!entry) throw new ApiError(500, `no such user ('${name}')`);
  return entry;
}

function token(node: LocalNode, call: CallOf<typeof TOKEN>): Token {
  const [name, id] = names(call);
  const entry = user(node, name).tokens.get(id);
  if (!entry) throw new ApiError(500, `no such token '${id}' for user '${name}'`);
  return entry;
}

function groupsOf(node: LocalNode, name: string): string[] {
  return [...node.access.config.groups].filter(([, group]) => group.users.has(name)).map(([id]) => id);
}

function given(parameters: Call['parameters']): Partial<Omit<User, 'tokens'>> {
  const names = ['comment', 'email', 'enable', 'expire', 'firstname', 'lastname', 'keys'];
  return Object.fromEntries(
    names.filter((name) => parameters[name] !== undefined).map((name) => [name, parameters[name]]),
  );
}

function shown(fields: Omit<User, 'tokens'>): Record<string, unknown> {
  const { enable, expire, email, ...texts } = fields;
  const filled = Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== ''));
  return { enable: enable ? 1 : 0, expire, email, ...filled };
}

function shownToken({ comment, expire, privsep }: Token): Record<string, unknown> {
  return { expire, privsep: privsep ? 1 : 0, ...(comment ? { comment } : {}) };
}
