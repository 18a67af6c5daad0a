import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { type CommandOptions, run } from '../../machine/command';
import { MissingError } from '../../machine/missing-error';
import {
  identify,
  isAlive,
  namespaceOf,
  type ProcessIdentity,
  processesIn,
  signal,
  waitForEnd,
} from '../../machine/processes';
import { writeWholeFile } from '../../machine/whole-file';
import { storagesDir } from '../base/shown-path';
import { CONTAINER_IDS, type IdRange, idRange, mapIds } from './id-maps';

/**
 * What the holder does before it sleeps. Inside, /run is a file system of its own, so that `ip netns` works without
 * root and pid files lie where Proxmox VE has them; /sys shows the namespace's own interfaces. Bridged packets do not
 * pass the machine's iptables rules. The storages have a path there that needs no quotes (STORAGES), and the host is named
 * as the node. Programs that make containers find the users of these in /etc/subuid, and /var/lib/lxc as empty as on a
 * new node. It sleeps only once it is recorded: if whoever starts it dies before, it ends too.
 */
const HOLDER = `set -eu
mount -t tmpfs -o mode=755,size=16m tmpfs /run
mkdir /run/qemu-server /run/netns /run/cgroup /run/pve-storage
mount --bind "$1" /run/qemu-server
mount --bind "$2" /run/pve-storage
if mount --rbind /sys/fs/cgroup /run/cgroup && mount -t sysfs sysfs /sys; then
  mount --rbind /run/cgroup /sys/fs/cgroup
fi 2>/dev/null || true
umount -l /run/cgroup 2>/dev/null || true
if [ "$4" -gt 0 ]; then
  echo "root:$4:$5" > /run/subordinate-ids
  for file in /etc/subuid /etc/subgid; do mount --bind /run/subordinate-ids "$file" || true; done 2>/dev/null
  if [ -d /var/lib/lxc ]; then mount -t tmpfs -o mode=755,size=16m tmpfs /var/lib/lxc; fi
fi
ip link set lo up
hostname "$3" 2>/dev/null || true
echo 1 > /proc/sys/net/ipv4/ip_forward
for rule in iptables ip6tables arptables; do
  file=/proc/sys/net/bridge/bridge-nf-call-$rule
  if [ -e "$file" ]; then echo 0 > "$file"; fi
done
echo ready
read -r recorded
exec -a "pve-lab-namespace $1" sleep infinity >/dev/null 2>&1
`;

/** Where programs inside find the directory of the storages, whatever the path of the state directory is. */
export const STORAGES = '/run/pve-storage';

interface NamespaceRecord {
  /** Whether containers have users of their own in it. @default false */
  readonly containerIds?: boolean;
  readonly holder: ProcessIdentity;
  /** As /proc/<pid>/ns/user names it. */
  readonly user: string;
}

/** The namespace could not be made or entered; `message` says what to do. */
export class NamespaceError extends Error {
  override readonly name = 'NamespaceError';
}

/**
 * The user, network, host name and mount namespace in which everything of the local node's network lives: bridges, taps,
 * guests, clients, commands over SSH. A small holder process keeps it while the node's own process comes and goes.
 */
export class Namespace {
  private constructor(private readonly record: NamespaceRecord) {}

  /** The directory that is /run/qemu-server inside: pid files and sockets of the guests. */
  static runtimeDir(stateDir: string): string {
    return join(stateDir, 'run', 'qemu-server');
  }

  /** Takes over the namespace that is recorded in the state directory; undefined if it is not there any more. */
  static find(stateDir: string): Namespace | undefined {
    const record = readRecord(stateDir);
    return record && holds(record) ? new Namespace(record) : undefined;
  }

  /** Finds the namespace or makes it. What an earlier one without its holder has left is ended first. */
  static async ensure(stateDir: string, hostName = 'pve'): Promise<Namespace> {
    const found = Namespace.find(stateDir);
    if (found) return found;
    await Namespace.remove(stateDir);
    for (const directory of [Namespace.runtimeDir(stateDir), storagesDir(stateDir)]) {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
    }
    const ids = idRange();
    const child = await startHolder(Namespace.runtimeDir(stateDir), storagesDir(stateDir), hostName, ids);
    const { pid = 0 } = child;
    const holder = identify(pid);
    const user = namespaceOf(pid, 'user');
    if (!holder || !user) throw new NamespaceError(`the namespace's holder, pid ${pid}, ended at once`);
    const record: NamespaceRecord = { holder, user, containerIds: ids !== undefined };
    await writeWholeFile(recordFile(stateDir), `${JSON.stringify(record)}\n`, { mode: 0o600 });
    child.stdin.end('recorded\n');
    child.unref();
    return new Namespace(record);
  }

  /** Ends every process in the recorded namespace, its holder last; the kernel then drops bridges, taps and mounts. */
  static async remove(stateDir: string): Promise<void> {
    const record = readRecord(stateDir);
    if (record) await endAll(record, Namespace.runtimeDir(stateDir));
    rmSync(Namespace.runtimeDir(stateDir), { recursive: true, force: true });
    rmSync(recordFile(stateDir), { force: true });
  }

  get holder(): ProcessIdentity {
    return this.record.holder;
  }

  /** Do containers have users of their own in it? Without them none can be made. */
  get hasContainerIds(): boolean {
    return this.record.containerIds === true;
  }

  /** Processes inside, without the holder. */
  processes(): ProcessIdentity[] {
    return processesIn(this.record.user).filter((process) => process.pid !== this.record.holder.pid);
  }

  contains(pid: number): boolean {
    return namespaceOf(pid, 'user') === this.record.user;
  }

  /** The argument vector that runs a program inside. The program replaces nsenter: same pid, no process between. */
  enter(argv: readonly string[]): string[] {
    if (!isAlive(this.record.holder)) {
      throw new NamespaceError(
        `the namespace's holder (pid ${this.record.holder.pid}) has gone; ` +
          '`npm run node -- down` and `npm run node -- up` make a new one',
      );
    }
    const target = `--target=${this.record.holder.pid}`;
    return [
      'nsenter',
      target,
      '--user',
      '--net',
      '--uts',
      '--mount',
      '--preserve-credentials',
      '--',
      ...argv,
    ];
  }

  /** Runs a program inside and returns its standard output. Throws CommandError. */
  run(argv: readonly string[], options?: CommandOptions): Promise<string> {
    return run(this.enter(argv), options);
  }

  /** Runs lines of the `ip` command in one process; stops at the first that fails. */
  async ip(lines: readonly string[]): Promise<void> {
    if (lines.length > 0) await this.run(['ip', '-batch', '-'], { input: `${lines.join('\n')}\n` });
  }
}

function recordFile(stateDir: string): string {
  return join(stateDir, 'run', 'namespace.json');
}

function readRecord(stateDir: string): NamespaceRecord | undefined {
  try {
    return JSON.parse(readFileSync(recordFile(stateDir), 'utf8')) as NamespaceRecord;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new NamespaceError(`${recordFile(stateDir)} cannot be read: ${String(error)}`, { cause: error });
  }
}

function holds(record: NamespaceRecord): boolean {
  return isAlive(record.holder) && namespaceOf(record.holder.pid, 'user') === record.user;
}

async function endAll(record: NamespaceRecord, runtimeDir: string): Promise<void> {
  const held = holds(record);
  // The kernel gives a namespace's number again once it is empty. So, without the holder, only a process that sees our
  // own directory, or a guest's in it, as its /run/qemu-server is one of ours.
  const own = held ? [] : directoriesFrom(runtimeDir);
  const others = processesIn(record.user)
    .filter((process) => process.pid !== record.holder.pid)
    .filter(
      (process) => held || own.includes(directoryAt(`/proc/${process.pid}/root/run/qemu-server`) ?? ''),
    );
  for (const process of others) signal(process, 'SIGKILL');
  for (const process of others) await mustEnd(process);
  if (!held) return;
  signal(record.holder, 'SIGKILL');
  await mustEnd(record.holder);
}

/** Identities of a directory and those in it. */
function directoriesFrom(path: string): string[] {
  try {
    const inner = readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return ['.', ...inner.map(({ name }) => name)].flatMap((name) => directoryAt(join(path, name)) ?? []);
  } catch {
    return [];
  }
}

function directoryAt(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path);
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}

async function mustEnd(process: ProcessIdentity): Promise<void> {
  if (!(await waitForEnd(process, 10_000))) {
    throw new NamespaceError(`process ${process.pid} in the node's namespace does not end although killed`);
  }
}

type Holder = ChildProcessByStdio<Writable, Readable, Readable>;

/** With users of containers, the holder waits until these are mapped; each program that it then runs is root inside. */
const UNMAPPED = 'read -r mapped && exec /bin/bash -c "$0" holder "$@"';

function startHolder(
  runtimeDir: string,
  storages: string,
  hostName: string,
  ids: IdRange | undefined,
): Promise<Holder> {
  return new Promise((resolve, reject) => {
    const spaces = ['--user', '--net', '--uts', '--mount', '--propagation', 'private'];
    const unshare = ids ? spaces : ['--map-root-user', ...spaces];
    const { first, count } = ids ? CONTAINER_IDS : { first: 0, count: 0 };
    const given = [runtimeDir, storages, hostName, String(first), String(count)];
    // Not by zx: it outlives this process, and waits at its standard input until it is recorded.
    const script = ['/bin/bash', '-c', ...(ids ? [UNMAPPED, HOLDER] : [HOLDER, 'holder']), ...given];
    const holder = spawn('unshare', [...unshare, '--', ...script], {
      detached: true,
      cwd: '/',
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let words = '';
    holder.stderr.on('data', (chunk: Buffer) => {
      words += chunk.toString();
    });
    holder.stdin.on('error', () => {
      // It has ended; its exit says so.
    });
    const refuse = (reason: string) =>
      reject(new MissingError(`${reason}${words ? `: ${words.trim()}` : ''}. ${HINT}`));
    holder.on('error', (error) => refuse(`unshare cannot be run (${error.message})`));
    holder.on('exit', (code) =>
      refuse(`making the node's user and network namespace failed (exit code ${code})`),
    );
    holder.stdout.once('data', () => {
      holder.removeAllListeners('exit');
      holder.stdout.destroy();
      holder.stderr.destroy();
      resolve(holder);
    });
    if (ids)
      giveIds(holder, ids).catch((cause: Error) => refuse(`its users cannot be mapped (${cause.message})`));
  });
}

/** Once the process is in the namespace that it makes. */
async function giveIds(holder: Holder, ids: IdRange): Promise<void> {
  const { pid = 0 } = holder;
  const own = namespaceOf('self', 'user');
  while (holder.exitCode === null && [own, undefined].includes(namespaceOf(pid, 'user'))) await sleep(5);
  if (holder.exitCode !== null) return;
  await mapIds(pid, ids);
  holder.stdin.write('mapped\n');
}

const HINT =
  'Allow unprivileged user namespaces (sysctl kernel.unprivileged_userns_clone=1, or on Ubuntu ' +
  'kernel.apparmor_restrict_unprivileged_userns=0), or run as root; start a container with --privileged';
