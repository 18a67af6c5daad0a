import { ApiError, badParameters } from '../../base/api-error';
import { FLAG, TEXT } from '../../formats/parameter-types';
import { newUser, type Token, type User } from '../../formats/user-config';
import type { LocalNode } from '../../node';
import { COMMENT, guardRoot, splitList, TOKEN_ID, USER_ID } from '../access-parameters';
import { type Call, type CallOf, type Route, route } from '../route';

const FIELDS = {
  comment: COMMENT,
  email: { type: 'string', maxLength: 254, optional: true },
  enable: FLAG,
  expire: { type: 'integer', minimum: 0, optional: true },
  firstname: { type: 'string', maxLength: 1024, optional: true },
  lastname: { type: 'string', maxLength: 1024, optional: true },
  keys: { type: 'string', maxLength: 2048, optional: true },
  groups: TEXT,
} as const;

const TOKEN_FIELDS = {
  comment: COMMENT,
  expire: { type: 'integer', minimum: 0, optional: true },
  privsep: FLAG,
} as const;

const LISTING = {
  full: FLAG,
  enabled: FLAG,
} as const;

const NEW_USER = {
  userid: USER_ID,
  password: { type: 'string', minLength: 8, maxLength: 64, optional: true },
  ...FIELDS,
} as const;

const NEW_TOKEN = { userid: USER_ID, tokenid: TOKEN_ID, ...TOKEN_FIELDS } as const;

const TOKEN_CHANGE = {
  userid: USER_ID,
  tokenid: TOKEN_ID,
  regenerate: FLAG,
  ...TOKEN_FIELDS,
} as const;

const USER = { userid: USER_ID } as const;
const TOKEN = { ...USER, tokenid: TOKEN_ID } as const;

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
    parameters: { userid: USER_ID },
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
    parameters: { userid: USER_ID, append: FLAG, ...FIELDS },
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
    parameters: { userid: USER_ID },
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
    parameters: { userid: USER_ID },
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
    parameters: { userid: USER_ID, tokenid: TOKEN_ID },
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
    parameters: { userid: USER_ID, tokenid: TOKEN_ID },
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
