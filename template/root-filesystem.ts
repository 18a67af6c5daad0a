import { join } from 'node:path';
import type { Roles } from '../config/roles';
import { run } from '../machine/command';
import { type DebianMirror, sourcesList } from './apt-sources';
import { type BuildProcessOptions, runContained } from './build-process';

export const SUITE = 'trixie';

/** Packages of every guest, whatever its role. Its initial file system is tiny-initramfs: no udev runs before the root is there. */
export const BASE_PACKAGES: readonly string[] = [
  'systemd-sysv',
  'udev',
  'kmod',
  'linux-image-cloud-amd64',
  'tiny-initramfs',
  'cloud-init',
  'cloud-guest-utils',
  'qemu-guest-agent',
  'iproute2',
  'ethtool',
  'procps',
];

/** What benchmarks run in a guest (measure/collect/benchmarks). */
const BENCHMARK_PACKAGES: readonly string[] = ['fio', 'iperf3', 'python3', 'sysbench'];

/** Files that no guest of the lab reads. English is kept of the translations: the applications are installed in it. */
const EXCLUDED_PATHS: readonly string[] = [
  'path-exclude=/usr/share/doc/*',
  'path-exclude=/usr/share/man/*',
  'path-exclude=/usr/share/locale/*',
  'path-exclude=/usr/share/info/*',
  'path-exclude=/usr/share/lintian/*',
  'path-exclude=/usr/share/mediawiki/*/i18n/*.json',
  'path-include=/usr/share/mediawiki/*/en.json',
];

/** What installs Moodle in the new root file system; the guest's own scripts among them. */
export const MOODLE_SCRIPTS: readonly string[] = [
  join(__dirname, 'prepare-moodle.sh'),
  ...['roles/moodle/moodle.install.sh', 'roles/moodle/moodle.php', 'install/pages.php'].map((name) =>
    join(__dirname, '../cloud-init', name),
  ),
];

/** All scripts that run in the new root file system. */
export const IMAGE_SCRIPTS: readonly string[] = [join(__dirname, 'customize.sh'), ...MOODLE_SCRIPTS];

/** All packages of the template, sorted. */
export function templatePackages(roles: Roles): string[] {
  const ofRoles = [...roles.values()].flatMap(({ packages }) => packages.apt ?? []);
  return [...new Set([...BASE_PACKAGES, ...BENCHMARK_PACKAGES, ...ofRoles.map(firstAlternative)])].sort();
}

function firstAlternative(line: string): string {
  return line.split(' | ')[0] ?? line;
}

export interface RootFilesystemOptions extends BuildProcessOptions {
  readonly mirror: DebianMirror;
  readonly packages: readonly string[];
  /** The tar file to write. */
  readonly tarFile: string;
  /** Directory for intermediate files; the caller removes it with removeTree(). */
  readonly workDirectory: string;
  /** A tar file whose tree becomes /usr/share/moodle; undefined = none. */
  readonly moodleTar?: string;
  /** Options of the host's own apt that reach its mirror (proxy, CA), as apt.conf lines. */
  readonly aptOptions: readonly string[];
  readonly log: (line: string) => void;
}

/** What decides how the root file system is made. The paths are of this machine. */
export interface Mmdebstrap {
  readonly packages: readonly string[];
  readonly rootfs: string;
  readonly scripts: readonly string[];
  readonly moodleTar?: string;
  readonly aptOptions: readonly string[];
}

export function mmdebstrapArguments({
  packages,
  rootfs,
  scripts,
  moodleTar,
  aptOptions,
}: Mmdebstrap): string[] {
  const hook = (command: string): string => `--customize-hook=${command}`;
  return [
    '--mode=root',
    '--variant=minbase',
    '--format=tar',
    '--aptopt=APT::Install-Recommends "false"',
    '--aptopt=Acquire::Languages "none"',
    ...aptOptions.map((line) => `--aptopt=${line}`),
    '--dpkgopt=force-unsafe-io',
    ...EXCLUDED_PATHS.map((line) => `--dpkgopt=${line}`),
    `--include=${packages.join(',')}`,
    hook(`sync-in "${rootfs}" /`),
    ...(moodleTar
      ? [hook('mkdir -p "$1/usr/share/moodle"'), hook(`tar-in "${moodleTar}" /usr/share/moodle`)]
      : []),
    hook('mkdir "$1/lab-install"'),
    hook(`copy-in ${scripts.map((file) => `"${file}"`).join(' ')} /lab-install`),
    hook('chroot "$1" /lab-install/customize.sh'),
    hook('rm -r "$1/lab-install"'),
    SUITE,
    '-',
    '-',
  ];
}

/**
 * Installs the template's packages into a tar file of a root file system, natively, with mmdebstrap. An ordinary user
 * builds in a user namespace. Throws with the tail of mmdebstrap's output, and the signal's reason when stopped.
 */
export async function buildRootFilesystem(options: RootFilesystemOptions): Promise<void> {
  const args = mmdebstrapArguments({
    ...options,
    rootfs: join(__dirname, 'rootfs'),
    scripts: IMAGE_SCRIPTS,
  });
  const tail: string[] = [];
  const code = await runContained('mmdebstrap', args, {
    ...options,
    input: sourcesList(options.mirror, SUITE),
    outputFile: options.tarFile,
    temporaryDirectory: options.workDirectory,
    onLine: (line) => {
      tail.push(line);
      if (tail.length > 30) tail.shift();
      if (line.startsWith('I: ')) options.log(line.slice(3));
    },
  });
  if (code !== 0) {
    throw new Error(
      `mmdebstrap could not build the guest template from ${options.mirror.uri} (exit code ${code}):\n  ${tail.join('\n  ')}`,
    );
  }
}

/** One small text file out of a tar file. */
export function readFromTar(tarFile: string, path: string): Promise<string> {
  return run(['tar', '--extract', '--to-stdout', '--occurrence=1', '--file', tarFile, `./${path}`]);
}
