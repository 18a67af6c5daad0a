import { ROOT } from '../access/access-service';
import { ApiError } from '../base/api-error';
import type { Caller } from '../base/caller';
import { PRIVILEGES } from '../formats/privileges';
import type { StringSchema } from '../formats/schema';

/** Formats of names and lists in the routes below /access. */

function userIdFormat(value: string): void {
  if (value.length < 3) throw new Error(`user name '${value}' is too short`);
  if (value.length > 64) throw new Error(`user name '${value}' is too long (${value.length} > 64)`);
  if (!/^[^\s:/]+@[A-Za-z][A-Za-z0-9.\-_]+$/.test(value)) {
    throw new Error(`value '${value}' does not look like a valid user name`);
  }
}

function named(what: string, shape = /^[A-Za-z0-9.\-_]+$/): (value: string) => void {
  return (value) => {
    if (!shape.test(value)) throw new Error(`${what} '${value}' contains invalid characters`);
  };
}

function privilegeListFormat(value: string): void {
  for (const name of splitList(value)) {
    if (!PRIVILEGES.includes(name)) throw new Error(`invalid privilege '${name}'`);
  }
}

export const USER_ID = {
  type: 'string',
  format: userIdFormat,
  maxLength: 64,
} as const satisfies StringSchema;
export const TOKEN_ID = {
  type: 'string',
  pattern: /^[A-Za-z][A-Za-z0-9.\-_]+$/,
} as const satisfies StringSchema;
export const GROUP_ID = { type: 'string', format: named('group name') } as const satisfies StringSchema;
export const ROLE_ID = { type: 'string', format: named('role name') } as const satisfies StringSchema;
export const PRIVILEGE_LIST = {
  type: 'string',
  format: privilegeListFormat,
  optional: true,
} as const satisfies StringSchema;
export const COMMENT = {
  type: 'string',
  maxLength: 4096,
  optional: true,
  controls: 'lines',
} as const satisfies StringSchema;

/** Whoever may change users must not become root by way of root's password, tokens or entry. */
export function guardRoot(caller: Caller, userId: unknown): void {
  if (userId !== ROOT || caller.userId === ROOT) return;
  throw new ApiError(403, `Permission check failed (only ${ROOT} changes ${ROOT})`);
}

/** Lists are separated by commas, semicolons or blanks. */
export function splitList(text: string | undefined): string[] {
  return (text ?? '').split(/[\s,;]+/).filter(Boolean);
}

const ACL_PATHS = [
  /^\/$/,
  /^\/access(\/groups(\/[\w.-]+)?|\/realm(\/[\w.-]+)?)?$/,
  /^\/(nodes|storage|vms)(\/[\w.-]+)?$/,
  /^\/pool(\/[\w.-]+){0,3}$/,
  /^\/mapping(\/[\w.-]+){0,2}$/,
  /^\/sdn(\/(zones|fabrics)(\/[\w.-]+){0,3}|\/(controllers|dns|ipams)(\/[\w.-]+)?)?$/,
];

export function isAclPath(path: string): boolean {
  return ACL_PATHS.some((shape) => shape.test(path));
}
