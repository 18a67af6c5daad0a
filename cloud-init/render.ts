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

const format = { lineWidth: 0 };

/** Writes its second argument to the guest's file of parameters; a power cut leaves the whole old or the whole new file. */
const WRITE_PARAMETERS =
  'mkdir -p /etc/lab && printf %s "$1" >/etc/lab/guest.env.new && mv /etc/lab/guest.env.new /etc/lab/guest.env';

/**
 * The user-data of a guest: what is its own, its host name and the parameters of its role's scripts (/etc/lab/guest.env).
 * Everything else is vendor data, which all guests of a role share. Where both have a key cloud-init takes that of the
 * user-data alone, and vendor data has write_files; so that the parameters are written by a command, at every boot.
 * The same options give the same bytes. Throws a TypeError that names every bad value.
 */
export function guestUserData(options: UserDataOptions): string {
  refuseBadOptions(options);
  const own = {
    // User-data takes the place of that which Proxmox VE would make, and with it of the host name.
    hostname: options.name,
    manage_etc_hosts: true,
    bootcmd: [['sh', '-c', WRITE_PARAMETERS, 'sh', environmentFile(parameters(options))]],
  };
  return `#cloud-config\n${stringify(own, format)}`;
}

/** The vendor data of a role: its file with the install scripts added to write_files. */
export function roleVendorData(role: Role): string {
  const file = readRole(role);
  const document = {
    ...file,
    write_files: [...file.write_files, ...installFiles(role)],
    runcmd: [['/bin/bash', `${INSTALL_DIRECTORY}/guest-agent.sh`], ...file.runcmd],
  };
  return `#cloud-config\n${stringify(document, format)}`;
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
