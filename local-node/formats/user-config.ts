/** The file etc/pve/user.cfg in Proxmox VE's own format: users, tokens, groups, pools, roles and ACLs. */

import { invalidNewline } from './control-characters';

export interface User {
  enable: boolean;
  /** Seconds since the epoch; 0 = never. */
  expire: number;
  firstname: string;
  lastname: string;
  email: string;
  comment: string;
  keys: string;
  readonly tokens: Map<string, Token>;
}

export interface Token {
  /** Seconds since the epoch; 0 = never. */
  expire: number;
  /** True: the token has only what its own ACLs and the user's both allow. */
  privsep: boolean;
  comment: string;
}

export interface Group {
  readonly users: Set<string>;
  comment: string;
}

export interface Pool {
  comment: string;
  readonly vms: Set<number>;
  readonly storages: Set<string>;
}

/** One path's entry for one user, group or token. */
export interface AclEntry {
  readonly path: string;
  readonly kind: 'user' | 'group' | 'token';
  /** user@realm, group name, or user@realm!token. */
  readonly subject: string;
  readonly role: string;
  readonly propagate: boolean;
}

export interface UserConfig {
  readonly users: Map<string, User>;
  readonly groups: Map<string, Group>;
  readonly pools: Map<string, Pool>;
  /** Privileges by role; built-in roles are not kept here. */
  readonly roles: Map<string, Set<string>>;
  acl: AclEntry[];
}

export function newUser(values: Partial<Omit<User, 'tokens'>> = {}): User {
  const empty = { firstname: '', lastname: '', email: '', comment: '', keys: '' };
  return { enable: true, expire: 0, ...empty, ...values, tokens: new Map() };
}

export function emptyUserConfig(): UserConfig {
  return { users: new Map(), groups: new Map(), pools: new Map(), roles: new Map(), acl: [] };
}

/** Fields of each kind of line; what comes after them may be left out. */
const FIELDS: Readonly<Record<string, number>> = { user: 3, token: 3, group: 2, pool: 4, role: 2, acl: 4 };

/** Throws with the line's number at what it cannot read: a line cut off would take rights away, or give them. */
export function parseUserConfig(text: string): UserConfig {
  const config = emptyUserConfig();
  if (text.trim() === '') throw new Error('the file is empty');
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [kind, ...fields] = line.trim().split(':');
    const wanted = FIELDS[kind ?? ''];
    if (wanted === undefined) throw new Error(`line ${index + 1} cannot be read: '${line}'`);
    // Each field ends with a colon.
    if (fields.length <= wanted || !line.trimEnd().endsWith(':'))
      throw new Error(`line ${index + 1} is cut off`);
    const [a = '', b = '', c = '', d = '', e = '', f = '', g = '', h = ''] = fields.map(decode);
    switch (kind) {
      case 'user':
        config.users.set(
          a,
          newUser({
            enable: b === '1',
            expire: Number(c),
            firstname: d,
            lastname: e,
            email: f,
            comment: g,
            keys: h,
          }),
        );
        break;
      case 'token': {
        const [userId = '', tokenId = ''] = a.split('!');
        const token = { expire: Number(b), privsep: c === '1', comment: d };
        const user = config.users.get(userId);
        if (!user) throw new Error(`line ${index + 1} has a token of no user`);
        user.tokens.set(tokenId, token);
        break;
      }
      case 'group':
        config.groups.set(a, { users: new Set(split(b)), comment: c });
        break;
      case 'pool':
        config.pools.set(a, {
          comment: b,
          vms: new Set(split(c).map(Number)),
          storages: new Set(split(d)),
        });
        break;
      case 'role':
        config.roles.set(a, new Set(split(b)));
        break;
      case 'acl':
        for (const subject of split(c)) {
          for (const role of split(d)) {
            config.acl.push({ path: b, ...parseSubject(subject), role, propagate: a === '1' });
          }
        }
        break;
    }
  }
  return config;
}

export function printUserConfig(config: UserConfig): string {
  const line = (kind: string, ...fields: readonly (string | number)[]) =>
    `${[kind, ...fields].map((field) => oneField(kind, String(field))).join(':')}:\n`;
  const flag = (value: boolean) => (value ? 1 : 0);
  let text = '';
  for (const [id, user] of sorted(config.users)) {
    const names = [user.firstname, user.lastname, user.email, user.comment].map(encode);
    text += line('user', id, flag(user.enable), user.expire, ...names, encode(user.keys));
    for (const [tokenId, token] of sorted(user.tokens)) {
      text += line('token', `${id}!${tokenId}`, token.expire, flag(token.privsep), encode(token.comment));
    }
  }
  text += '\n';
  for (const [id, group] of sorted(config.groups)) {
    text += line('group', id, [...group.users].sort().join(','), encode(group.comment));
  }
  text += '\n';
  for (const [id, pool] of sorted(config.pools)) {
    const vms = [...pool.vms].sort((a, b) => a - b).join(',');
    text += line('pool', id, encode(pool.comment), vms, [...pool.storages].sort().join(','));
  }
  text += '\n';
  for (const [id, privileges] of sorted(config.roles)) {
    text += line('role', id, [...privileges].sort().join(','));
  }
  text += '\n';
  for (const entry of config.acl) {
    text += line('acl', flag(entry.propagate), entry.path, printSubject(entry), entry.role);
  }
  return text;
}

/** Free text comes encoded; what else would begin a field or a line is not written. */
function oneField(kind: string, text: string): string {
  if (/[:\n\r]/.test(text)) throw invalidNewline(kind);
  return text;
}

function parseSubject(text: string): Pick<AclEntry, 'kind' | 'subject'> {
  if (text.startsWith('@')) return { kind: 'group', subject: text.slice(1) };
  return { kind: text.includes('!') ? 'token' : 'user', subject: text };
}

function printSubject(entry: AclEntry): string {
  return entry.kind === 'group' ? `@${entry.subject}` : entry.subject;
}

function split(text: string): string[] {
  return text.split(',').filter(Boolean);
}

function sorted<T>(map: ReadonlyMap<string, T>): [string, T][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Proxmox VE writes %, : and control characters of free text as %XX. */
function encode(text: string): string {
  return Array.from(text, (sign) => {
    const code = sign.charCodeAt(0);
    return sign === '%' || sign === ':' || code < 32 || code === 127
      ? `%${code.toString(16).toUpperCase().padStart(2, '0')}`
      : sign;
  }).join('');
}

function decode(text: string): string {
  return text.replace(/%([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
