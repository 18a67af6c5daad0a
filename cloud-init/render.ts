import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { isIPv4 } from 'node:net';
import { basename, join } from 'node:path';
import { stringify } from 'yaml';
import { type Role, SHARED_FILES } from '../config/role';

export interface UserDataOptions {
  /** That of the guest's role. */
  readonly title: string;
  /** Host name of the guest. */
  readonly name: string;
  /** IPv4 address at which clients ask for the application. */
  readonly address: string;
  /** What a browser of the user's machine asks for it by, host and port; applications know themselves by both names. */
  readonly forwarded: string;
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

/** Writes its argument to the guest's file of parameters; a power cut leaves the whole old or the whole new file. */
const WRITE_PARAMETERS =
  'mkdir -p /etc/lab && printf %s "$1" >/etc/lab/guest.env.new && mv /etc/lab/guest.env.new /etc/lab/guest.env';

/**
 * A guest that was switched off before its install script had ended has no status, or an empty one. cloud-init would
 * never run the script again, since it has begun; without these marks it writes the files and runs it once more.
 */
const BEGIN_AGAIN =
  'test -s /var/lib/lab/status.json || rm -f /var/lib/cloud/instance/sem/config_write_files /var/lib/cloud/instance/sem/config_runcmd /var/lib/cloud/instance/sem/config_scripts_user';

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
    bootcmd: [
      ['sh', '-c', WRITE_PARAMETERS, 'sh', environmentFile(parameters(options))],
      ['sh', '-c', BEGIN_AGAIN],
    ],
  };
  return `#cloud-config\n${stringify(own, format)}`;
}

/**
 * The vendor data of a role: its lists of packages, its files and those that all roles share, and the commands that run
 * its install script.
 *
 * The packages are no `packages` of cloud-init, which would refresh the package index even where all of them are there
 * already. The install script asks for those that are missing, and for nothing if none is.
 */
export function roleVendorData(role: Role): string {
  const document = {
    write_files: [...packageLists(role), ...installFiles(role)],
    runcmd: ['guest-agent.sh', 'install.sh'].map((script) => ['/bin/bash', `${INSTALL_DIRECTORY}/${script}`]),
  };
  return `#cloud-config\n${stringify(document, format)}`;
}

/** /etc/lab/packages.apt and .dnf, a package a line, as install_packages of lib.sh reads them. */
function packageLists({ packages }: Role): readonly GuestFile[] {
  return Object.entries(packages).flatMap(([family, names]) =>
    names ? [{ path: `/etc/lab/packages.${family}`, permissions: '0644', content: lines(names) }] : [],
  );
}

const lines = (texts: readonly string[]): string => texts.map((text) => `${text}\n`).join('');

function parameters(options: UserDataOptions): Record<string, string> {
  return {
    LAB_NAME: options.name,
    LAB_ADDRESS: options.address,
    LAB_FORWARDED: options.forwarded,
    LAB_TITLE: options.title,
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

interface GuestFile {
  readonly path: string;
  readonly permissions: string;
  readonly content: string;
  readonly encoding?: 'b64';
}

/** What goes into INSTALL_DIRECTORY of a guest: the role's own files, and those that all roles share. */
export function installSources(role: Role): readonly string[] {
  const shared = SHARED_FILES.map((name) => join(__dirname, 'install', name));
  return [...shared, ...role.files].sort((one, two) => (basename(one) < basename(two) ? -1 : 1));
}

function installFiles(role: Role): readonly GuestFile[] {
  return installSources(role).map((source) => {
    const bytes = readFileSync(source);
    const place = {
      path: `${INSTALL_DIRECTORY}/${basename(source)}`,
      permissions: source.endsWith('.sh') ? '0755' : '0644',
    };
    const text = bytes.toString('utf8');
    // What is no text has no place in YAML as it is.
    return isUtf8(bytes) && !/[^\P{Cc}\t\n\r]/u.test(text)
      ? { ...place, content: text }
      : { ...place, content: bytes.toString('base64'), encoding: 'b64' };
  });
}

function refuseBadOptions(options: UserDataOptions): void {
  const faults: string[] = [];
  if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i.test(options.name)) {
    faults.push(`name '${options.name}' is no host name`);
  }
  if (!isIPv4(options.address)) faults.push(`address '${options.address}' is no IPv4 address`);
  if (!/^127\.0\.0\.1:\d{4,5}$/.test(options.forwarded)) {
    faults.push(`forwarded '${options.forwarded}' is no port of 127.0.0.1`);
  }
  if (options.moodleUrl !== undefined && !/^https?:\/\/\S+$/.test(options.moodleUrl)) {
    faults.push(`moodleUrl '${options.moodleUrl}' is no http(s) address`);
  }
  if (options.moodleSha256 !== undefined && !/^[0-9a-f]{64}$/.test(options.moodleSha256)) {
    faults.push(`moodleSha256 '${options.moodleSha256}' is no SHA-256 checksum in hexadecimal`);
  }
  if (faults.length > 0) throw new TypeError(`user-data of guest ${options.name}: ${faults.join('; ')}`);
}
