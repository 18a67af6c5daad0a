import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** A program that building the template needs, and the Debian or Ubuntu package that has it. */
export interface HostTool {
  readonly tool: string;
  readonly package: string;
  /** An absolute path where the tool is a file and no command. */
  readonly file?: string;
  /** True where only an ordinary user needs it; root does without. */
  readonly ordinaryUserOnly?: boolean;
}

/** Boot code for a master boot record, as Debian's package syslinux has it. */
export const SYSLINUX_MBR = '/usr/lib/SYSLINUX/mbr.bin';

export const TEMPLATE_HOST_TOOLS: readonly HostTool[] = [
  { tool: 'mmdebstrap', package: 'mmdebstrap' },
  { tool: 'setpriv', package: 'util-linux' },
  { tool: 'qemu-img', package: 'qemu-utils' },
  { tool: 'mke2fs', package: 'e2fsprogs' },
  { tool: 'mkfs.fat', package: 'dosfstools' },
  { tool: 'mcopy', package: 'mtools' },
  { tool: 'syslinux', package: 'syslinux' },
  { tool: 'mbr.bin', package: 'syslinux', file: SYSLINUX_MBR },
  { tool: 'tar', package: 'tar' },
  { tool: 'zstd', package: 'zstd' },
  {
    tool: 'debian-archive-keyring.gpg',
    package: 'debian-archive-keyring',
    file: '/usr/share/keyrings/debian-archive-keyring.gpg',
  },
  { tool: 'newuidmap', package: 'uidmap', ordinaryUserOnly: true },
];

/** Packages from which cloud-init's own schema check runs on the host; extracted, never installed. */
export const SCHEMA_CHECK_PACKAGES: readonly string[] = [
  'cloud-init',
  'python3-yaml',
  'python3-jsonschema',
  'python3-pyrsistent',
  'python3-attr',
  'python3-jinja2',
  'python3-markupsafe',
  'python3-configobj',
  'python3-six',
  'python3-oauthlib',
  'python3-requests',
  'python3-urllib3',
  'python3-certifi',
  'python3-chardet',
  'python3-idna',
  'python3-jsonpatch',
  'python3-json-pointer',
  'libyaml-0-2',
];

/** Directories that hold system tools even where an ordinary user's PATH lacks them. */
const SYSTEM_PATH = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/bin', '/bin'];

export function searchPath(path: string | undefined): string {
  return [...new Set([...(path ?? '').split(delimiter).filter(Boolean), ...SYSTEM_PATH])].join(delimiter);
}

/** Tools that are missing here. `path` is the PATH to look along. */
export function missingTools(
  path: string | undefined,
  isRoot: boolean,
  tools: readonly HostTool[] = TEMPLATE_HOST_TOOLS,
): HostTool[] {
  const directories = searchPath(path).split(delimiter);
  const present = (file: string): boolean => {
    try {
      accessSync(file, constants.R_OK);
      return true;
    } catch {
      return false;
    }
  };
  return tools
    .filter((tool) => !(tool.ordinaryUserOnly && isRoot))
    .filter((tool) =>
      tool.file ? !present(tool.file) : !directories.some((directory) => present(join(directory, tool.tool))),
    );
}

/** The one command that brings them. */
export function installCommand(tools: readonly HostTool[]): string {
  return `sudo apt-get install --no-install-recommends ${[...new Set(tools.map((tool) => tool.package))].join(' ')}`;
}
