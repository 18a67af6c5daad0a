import { accessSync, constants, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { programEnvironment, start } from '../machine/command';
import { MissingError } from '../machine/missing-error';
import {
  missingTools as absent,
  type HostTool,
  searchPath,
  TEMPLATE_HOST_TOOLS,
} from '../template/host-tools';

/**
 * What a command needs from the system: `template` = to build it, as for a Proxmox VE node; `node` = the local node beyond
 * that; `tests` = npm test beyond that.
 */
export type Purpose = 'template' | 'node' | 'tests';

/** Programs of the local node, beyond what building its template needs. */
const NODE_TOOLS: readonly HostTool[] = [
  { tool: 'qemu-system-x86_64', package: 'qemu-system-x86' },
  { tool: 'qemu-img', package: 'qemu-utils' },
  { tool: 'genisoimage', package: 'genisoimage' },
  // Containers, and users of their own for them where the node is not root's.
  { tool: 'lxc-start', package: 'lxc' },
  // Copies a running container's files for its backup.
  { tool: 'rsync', package: 'rsync' },
  { tool: 'newuidmap', package: 'uidmap', ordinaryUserOnly: true },
  { tool: 'ip', package: 'iproute2' },
  { tool: 'unshare', package: 'util-linux' },
  // What measuring runs on the node.
  { tool: 'tc', package: 'iproute2' },
  { tool: 'flock', package: 'util-linux' },
  { tool: 'python3', package: 'python3' },
  // The benchmarks of plan `full`, which run beside the guests on the node too.
  { tool: 'fio', package: 'fio' },
  { tool: 'sysbench', package: 'sysbench' },
  { tool: 'iperf3', package: 'iperf3' },
];

/** Programs that only the tests call: linters, the oracle of the capture analysis, what fixtures are made with. */
const TEST_TOOLS: readonly HostTool[] = [
  { tool: 'shellcheck', package: 'shellcheck' },
  { tool: 'tshark', package: 'tshark' },
  { tool: 'tcptrace', package: 'tcptrace' },
  { tool: 'nft', package: 'nftables' },
  { tool: 'curl', package: 'curl' },
  { tool: 'ssh-keygen', package: 'openssh-client' },
  { tool: 'openssl', package: 'openssl' },
  { tool: 'lz4', package: 'lz4' },
  // Elsewhere, on Ubuntu say, the package is another's or a snap: there those tests are skipped and say why.
  ...(osRelease('ID') === 'debian' ? [{ tool: 'chromium', package: 'chromium' }] : []),
];

/** What gives guests of the local node an uplink, one of them; only cloud images need it, so that none is installed. */
const UPLINK_TOOLS = ['pasta', 'slirp4netns'];

/** To measure, `--reader browser` alone needs it, so that it is not installed for that. */
export const CHROMIUM_REMEDY = 'sudo apt-get install chromium';

/** The program by which guests get out; undefined where there is none, or no nftables. */
export function uplinkTool(): string | undefined {
  return findCommand('nft') && UPLINK_TOOLS.find(findCommand);
}

export function missingTools(purpose: Purpose): readonly HostTool[] {
  const tools = [
    ...(purpose === 'template' ? [] : NODE_TOOLS),
    ...TEMPLATE_HOST_TOOLS,
    ...(purpose === 'tests' ? TEST_TOOLS : []),
  ];
  return absent(process.env.PATH, process.getuid?.() === 0, tools);
}

/** Path of a command; sbin directories count too, which are not on every user's PATH. */
export function findCommand(name: string): string | undefined {
  if (name.includes('/')) return isExecutable(name) ? name : undefined;
  // What npm puts there is the project's own, the guard of Terraform among it, and no sign that a program is installed.
  const directories = searchPath(process.env.PATH)
    .split(delimiter)
    .filter((directory) => !directory.endsWith(join('node_modules', '.bin')));
  return directories.map((directory) => join(directory, name)).find(isExecutable);
}

/** Thrown when system packages are missing and may not be installed from here; `message` holds the one command to run. */
export class MissingPackagesError extends MissingError {
  override readonly name = 'MissingPackagesError';
}

/**
 * Installs the Debian packages of the missing tools, after naming them: as root, or with password-less sudo.
 * @throws MissingPackagesError where neither is possible, or on a system without apt.
 */
export async function installSystemPackages(purpose: Purpose, log: (line: string) => void): Promise<void> {
  const missing = missingTools(purpose);
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((tool) => tool.package))].sort();
  const install = ['apt-get', 'install', '-y', '--no-install-recommends', ...packages];
  if (!findCommand('apt-get')) {
    throw new MissingPackagesError(
      `${osRelease('PRETTY_NAME') ?? 'This system'} has no apt-get. Install what holds these programs, then run this again: ${missing
        .map((tool) => tool.tool)
        .join(', ')}`,
    );
  }
  const prefix = await privilege();
  if (!prefix) {
    throw new MissingPackagesError(
      `System packages are missing: ${packages.join(', ')}. Run this command, then start again:\n\n` +
        `  sudo apt-get update && sudo ${install.join(' ')}\n`,
    );
  }
  log(`Installing system packages: ${packages.join(', ')}`);
  for (const command of [['apt-get', 'update', '-q'], install]) {
    const ended = await start([...prefix, ...command], {
      env: programEnvironment({ DEBIAN_FRONTEND: 'noninteractive' }),
    });
    // A stale third-party source makes the update fail although Debian's own lists came: the installation decides.
    if (!ended.ok && command === install) {
      throw new MissingPackagesError(
        `${command.join(' ')} failed with exit code ${ended.exitCode}:\n${ended.stderr.trim().split('\n').slice(-8).join('\n')}`,
      );
    }
  }
  const still = missingTools(purpose);
  if (still.length > 0) {
    throw new MissingPackagesError(
      `Still missing after the installation: ${still.map((tool) => tool.tool).join(', ')}`,
    );
  }
}

/** What to put before a command to run it as root: nothing, sudo -n, or undefined where it is not allowed. */
async function privilege(): Promise<readonly string[] | undefined> {
  if (process.getuid?.() === 0) return [];
  if (findCommand('sudo') && (await start(['sudo', '-n', 'true'])).ok) return ['sudo', '-n'];
  return undefined;
}

/** A value of os-release(5); undefined where the system has none. */
function osRelease(name: 'ID' | 'PRETTY_NAME'): string | undefined {
  try {
    return new RegExp(`^${name}="?([^"\n]+)`, 'm').exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
