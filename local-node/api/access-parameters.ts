import { ROOT } from '../access/access-service';
import { ApiError } from '../base/api-error';
import type { Caller } from '../base/caller';
import type { StringSchema } from '../formats/schema';

/** Formats of names and lists in the routes below /access. */

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
