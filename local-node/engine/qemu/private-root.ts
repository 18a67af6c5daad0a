/**
 * What a program of QEMU gets to see. It reads what guests and strangers have written; one that is taken over by it
 * must not find the node's token, another guest's disk or the user's files.
 */
import { join } from 'node:path';
import type { GuestDisk, GuestSpec } from '../guest-engine';
import { basesOf } from './image-files';
import { type MachineOptions, RUN, runtimeFiles } from './qemu-arguments';

const SCRIPT = join(__dirname, 'private-root.sh');

/** Paths that show under their own names; `writable` and `readOnly` exist already. */
export interface PrivateFiles {
  readonly readOnly: readonly string[];
  readonly writable: readonly string[];
  readonly devices?: readonly string[];
  /** Directories that show, writable, under another name: [outside, inside]. */
  readonly moved?: readonly (readonly [string, string])[];
}

/** All that a guest's QEMU sees besides the system's programs: what it opens at its start, and its own sockets. */
export async function guestFiles(
  { vmid, disks }: Pick<GuestSpec, 'vmid' | 'disks'>,
  { kvm, consoleLog }: Pick<MachineOptions, 'kvm' | 'consoleLog'>,
): Promise<PrivateFiles> {
  const media = (kind: GuestDisk['media']) =>
    disks.filter((disk) => disk.media === kind).map(({ path }) => path);
  const bases = await Promise.all(disks.map(({ path, format }) => (format === 'raw' ? [] : basesOf(path))));
  return {
    readOnly: [...media('cdrom'), ...bases.flat()],
    writable: [...media('disk'), consoleLog],
    devices: ['/dev/net/tun', ...(kvm ? ['/dev/kvm'] : [])],
    moved: [[join(RUN, runtimeFiles(vmid).directory), RUN]],
  };
}

/**
 * Runs a program in the background in namespaces of its own for mounts, processes and shared memory; its pid as the
 * caller sees it is then in `pidFile`. To be run inside the node's namespace.
 */
export function guestCommand(argv: readonly string[], files: PrivateFiles, pidFile: string): string[] {
  return ['unshare', '--mount', '--pid', '--ipc', '--', ...privateRoot(argv, files, pidFile)];
}

/**
 * Runs a program without a network and in a PID namespace of its own. It ends with the node's process, so that a
 * killed node leaves no writer behind.
 */
export function imageCommand(argv: readonly string[], files: PrivateFiles): string[] {
  return [
    ...['unshare', '--user', '--map-root-user', '--', 'setpriv', '--pdeathsig', 'KILL', '--'],
    ...['unshare', '--mount', '--pid', '--ipc', '--net', '--kill-child', '--'],
    ...privateRoot(argv, files, ''),
  ];
}

function privateRoot(argv: readonly string[], files: PrivateFiles, pidFile: string): string[] {
  const { readOnly, writable, devices = [], moved = [] } = files;
  const same = (kind: string, paths: readonly string[]) =>
    [...new Set(paths)].map((path) => [kind, path, path]);
  return [
    ...['/bin/bash', SCRIPT, pidFile],
    ...same('dev', ['/dev/null', ...devices]).flat(),
    ...same(
      'ro',
      readOnly.filter((path) => !writable.includes(path)),
    ).flat(),
    ...same('rw', writable).flat(),
    ...moved.flatMap(([outside, inside]) => ['rw', outside, inside]),
    ...['--', ...argv],
  ];
}
