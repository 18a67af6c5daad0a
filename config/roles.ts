import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { InputError } from './input-error';
import { repositoryRoot } from './paths';
import { whyUnreadable } from './read-text';
import { ROLE_FILE, type Role, readRole } from './role';

/** Roles by their keys. */
export type Roles = ReadonlyMap<string, Role>;

/** Roles of the lab itself. */
export const BUILT_IN_ROLES = join(repositoryRoot, 'cloud-init', 'roles');

let builtIn: Roles | undefined;

/** Read once: they change with the program. */
export function builtInRoles(): Roles {
  builtIn ??= rolesIn(BUILT_IN_ROLES);
  return builtIn;
}

/**
 * The lab's own roles, and those that the user has put beside an experiment's file: directories in roles/ with a
 * role.yaml. Throws FaultyFileError with the faults of the first that has some.
 */
export function rolesBeside(labFile: string): Roles {
  const directory = join(dirname(resolve(labFile)), 'roles');
  return new Map([...builtInRoles(), ...rolesIn(directory, [...builtInRoles().keys()])]);
}

function rolesIn(directory: string, taken: readonly string[] = []): Roles {
  const found = entries(directory)
    .map((name) => join(directory, name))
    .filter((path) => existsSync(join(path, ROLE_FILE)));
  return new Map(found.map((path) => readRole(path, taken)).map((role) => [role.key, role]));
}

/** In order of their names; none where there is no such directory. */
function entries(directory: string): readonly string[] {
  try {
    return readdirSync(directory).sort();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw new InputError(`cannot read the roles in ${directory}: ${whyUnreadable(error)}`, { cause: error });
  }
}
