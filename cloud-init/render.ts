import { readdirSync, readFileSync } from 'node:fs';
import { isIPv4 } from 'node:net';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Role } from '../config/lab';
import { ROLES, readRole } from './roles';

export interface UserDataOptions {
  readonly role: Role;
  /** Host name of the guest. */
  readonly name: string;
  /** IPv4 address at which clients ask for the application. */
  readonly address: string;
  /** True: a guest whose application's source can't be had ends in an error. False: it comes up without it and says so. */
  readonly requireApplication: boolean;
  /** Where Moodle is downloaded from if the image lacks it. @default the official release that fits the guest's PHP */
  readonly moodleUrl?: string;
  /** SHA-256 of what moodleUrl gives. @default the checksum published beside it */
  readonly moodleSha256?: string;
}

/** Where the install scripts lie in the guest. */
export const INSTALL_DIRECTORY = '/usr/local/lib/lab';

/**
 * The user-data of a guest: its role's file with the parameters (/etc/lab/guest.env) and the install scripts added to
 * write_files. The same options give the same bytes. Throws a TypeError that names every bad value.
 */
export function renderUserData(options: UserDataOptions): string {
  return guestUserData(options) + roleUserData(options.role);
}

const format = { lineWidth: 0 };

/** The beginning of a guest's user-data, which is its own; roleUserData() of its role is the rest. */
export function guestUserData(options: UserDataOptions): string {
  refuseBadOptions(options);
  const content = environmentFile(parameters(options));
  const own = { write_files: [{ path: '/etc/lab/guest.env', permissions: '0644', content }] };
  return `#cloud-config\n${stringify(own, format)}`;
}

/** What all guests of a role have, as YAML that continues write_files. */
export function roleUserData(role: Role): string {
  const file = readRole(role);
  const document = {
    ...file,
    write_files: [...file.write_files, ...installFiles(role)],
    runcmd: [['/bin/bash', `${INSTALL_DIRECTORY}/guest-agent.sh`], ...file.runcmd],
  };
  return stringify(document, format).replace(/^write_files:\n/, '');
}

function parameters(options: UserDataOptions): Record<string, string> {
  return {
    LAB_NAME: options.name,
    LAB_ADDRESS: options.address,
    LAB_TITLE: ROLES[options.role].title,
    LAB_REQUIRE_APPLICATION: options.requireApplication ? '1' : '0',
    ...(options.moodleUrl ? { MOODLE_URL: options.moodleUrl } : {}),
    ...(options.moodleSha256 ? { MOODLE_SHA256: options.moodleSha256 } : {}),
  };
}

/** NAME='value' lines, which a POSIX shell reads back exactly. */
export function environmentFile(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}='${value.replaceAll("'", `'\\''`)}'\n`)
    .join('');
}

/** The scripts of one role and what all roles share. */
function installFiles(role: Role): { path: string; permissions: string; content: string }[] {
  const directory = join(__dirname, 'install');
  const shared = ['guest-agent.sh', 'lib.sh', 'pages.php', 'pictures.php'];
  return readdirSync(directory)
    .filter((name) => shared.includes(name) || name.startsWith(`${role}.`))
    .sort()
    .map((name) => ({
      path: `${INSTALL_DIRECTORY}/${name}`,
      permissions: name.endsWith('.sh') ? '0755' : '0644',
      content: readFileSync(join(directory, name), 'utf8'),
    }));
}

function refuseBadOptions(options: UserDataOptions): void {
  const faults: string[] = [];
  if (!(options.role in ROLES))
    faults.push(`role '${options.role}' is none of ${Object.keys(ROLES).join(', ')}`);
  if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i.test(options.name)) {
    faults.push(`name '${options.name}' is no host name`);
  }
  if (!isIPv4(options.address)) faults.push(`address '${options.address}' is no IPv4 address`);
  if (options.moodleUrl !== undefined && !/^https?:\/\/\S+$/.test(options.moodleUrl)) {
    faults.push(`moodleUrl '${options.moodleUrl}' is no http(s) address`);
  }
  if (options.moodleSha256 !== undefined && !/^[0-9a-f]{64}$/.test(options.moodleSha256)) {
    faults.push(`moodleSha256 '${options.moodleSha256}' is no SHA-256 checksum in hexadecimal`);
  }
  if (faults.length > 0) throw new TypeError(`user-data of guest ${options.name}: ${faults.join('; ')}`);
}
