import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { z } from 'zod';
import type { ReadOnly } from './read-only';
import { readText } from './read-text';
import { ROLE_NAME, roleSchema } from './role-schema';
import { schemaFaults } from './schema-faults';
import { type Fault, YamlFile } from './yaml-file';

/** An application of the lab: a directory with role.yaml, install.sh and what the script needs. */
export interface Role extends Omit<ReadOnly<Required<z.infer<typeof roleSchema>>>, 'name' | 'login'> {
  /** Name of its directory, as lab.yaml's `role:` names it. */
  readonly key: string;
  /** As the application's makers write it. */
  readonly name: string;
  /** Path of the page where the administrator logs in, if it has one. */
  readonly login?: string;
  /** Path of the page whose title shows that the application answers. */
  readonly frontPage: string;
  /** All that goes to the guest, the install script among it: absolute paths. */
  readonly files: readonly string[];
}

export const ROLE_FILE = 'role.yaml';
const INSTALL_SCRIPT = 'install.sh';

/** What all roles have in the guest, in the same directory as their own files. */
export const SHARED_FILES: readonly string[] = ['guest-agent.sh', 'lib.sh', 'pages.php', 'pictures.php'];

/** A node takes cloud-init files of 1 MiB at most; what is binary grows by a third on its way there. */
const MOST_BYTES = 512 * 1024;

/** Tags of this form tell labs apart. */
const LAB_TAG = /^lab-[0-9a-f]{8}$/;

/** Throws FaultyFileError with all that is wrong with the role. `taken` are names that other roles have. */
export function readRole(directory: string, taken: readonly string[] = []): Role {
  const key = basename(directory);
  const file = join(directory, ROLE_FILE);
  const yaml = new YamlFile(readText(file, `the role ${key}`), file);
  const checked = roleSchema.safeParse(yaml.value, { reportInput: true });
  const files = filesOf(directory);
  const faults = [
    ...keyFaults(key, taken),
    ...fileFaults(files),
    ...schemaFaults(checked.error?.issues ?? [], yaml),
    ...packageFaults(checked.data?.packages),
  ];
  if (!checked.success || faults.length > 0) throw yaml.faulty(faults);
  const { name, title = `Virtualization Lab ${name}`, pages, ...rest } = checked.data;
  const [frontPage = '/'] = pages;
  return { ...rest, key, name, title, pages, frontPage, files };
}

function keyFaults(key: string, taken: readonly string[]): readonly Fault[] {
  if (taken.includes(key)) {
    return [{ path: [], message: `the lab itself has a role ${key}; give this directory another name` }];
  }
  if (ROLE_NAME.test(key) && !LAB_TAG.test(key)) return [];
  const message = `"${key}", its directory's name, cannot be a role's: lower-case letters, digits and inner hyphens, 32 at most, and not ${LAB_TAG.source}`;
  return [{ path: [], message }];
}

/** Files by which editors and file managers leave their mark do not go to guests. */
function filesOf(directory: string): readonly string[] {
  return readdirSync(directory)
    .filter((name) => name !== ROLE_FILE && !name.startsWith('.') && !name.endsWith('~'))
    .sort()
    .map((name) => join(directory, name));
}

function fileFaults(files: readonly string[]): readonly Fault[] {
  const fault = (message: string): Fault => ({ path: [], message });
  const faults: Fault[] = [];
  if (!files.some((file) => basename(file) === INSTALL_SCRIPT)) {
    faults.push(
      fault(`there is no ${INSTALL_SCRIPT} beside it, the script that installs the application in a guest`),
    );
  }
  let bytes = 0;
  for (const file of files) {
    const stat = statSync(file, { throwIfNoEntry: false });
    const name = basename(file);
    bytes += stat?.size ?? 0;
    if (!stat?.isFile()) faults.push(fault(`${name} beside it is no file: only files go to guests`));
    else if (name.endsWith('.sh') && isWindowsText(file)) {
      faults.push(
        fault(
          `${name} beside it is saved as Windows saves text, which bash does not understand; save it as UTF-8 without a mark and with line ends of Linux (LF)`,
        ),
      );
    }
    if (!/^[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(name)) {
      faults.push(
        fault(`${name} beside it cannot go to guests by that name: letters, digits, ".", "_" and "-" only`),
      );
    }
    if (SHARED_FILES.includes(name)) {
      faults.push(fault(`${name} beside it has the name of a file that all roles have; give it another`));
    }
  }
  if (bytes > MOST_BYTES) {
    faults.push(
      fault(
        `the files beside it have ${Math.ceil(bytes / 1024)} KiB, more than the ${MOST_BYTES / 1024} KiB that go to a guest; let ${INSTALL_SCRIPT} fetch what is large`,
      ),
    );
  }
  return faults;
}

/** Carriage returns, or a mark (BOM) of UTF-8 or UTF-16. */
function isWindowsText(file: string): boolean {
  return /\r|^\uFEFF|^\uFFFD\uFFFD/.test(readFileSync(file, 'utf8'));
}

function packageFaults(packages: Readonly<Record<string, unknown>> = { apt: [] }): readonly Fault[] {
  if (Object.values(packages).some((list) => list !== undefined)) return [];
  return [{ path: ['packages'], message: 'needs apt or dnf; a list may be empty: apt: []' }];
}
