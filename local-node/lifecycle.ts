import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readConnection, readTarget } from '../config/load-target';
import { type Environment, knownHostsFile, nodeStateDirectory, repositoryRoot } from '../config/paths';
import type { ConnectionFile, Uplink } from '../config/target';
import { withoutSecrets } from '../machine/command';
import { lockHolder } from '../machine/lock';
import { MissingError } from '../machine/missing-error';
import { identify, isAlive, waitForEnd } from '../machine/processes';
import { ApiClient } from '../proxmox/api-client';
import { lookUp } from '../proxmox/known-hosts';
import { downWithoutDaemon, type EngineName } from './daemon';
import { type ForwardState, Forwards } from './forwards/forwards';
import type { StartMessage } from './main';
import { removeTree } from './namespace/id-maps';
import { Namespace } from './namespace/namespace';
import {
  cgroupFrom,
  directoriesFrom,
  hostsFrom,
  portsFrom,
  statisticsFrom,
  usableHostKeyFile,
  writableStateDirectory,
} from './node-environment';

/** A log longer than this is set aside at the next start, bytes. */
const LONGEST_LOG = 10 * 1024 * 1024;
/** Guests get a minute to shut down; the node's process must be gone soon after. */
const DOWN_TIMEOUT = 120_000;

/** What went wrong and what to do, without a stack trace. */
export class NodeCommandError extends Error {
  override readonly name = 'NodeCommandError';
}

/** What `npm run node -- status` says. */
export interface NodeReport {
  readonly up: boolean;
  readonly endpoint?: string;
  readonly acceleration?: ConnectionFile['acceleration'];
  /** Absent while it is not up, and with simulated guests. */
  readonly uplink?: Uplink;
  readonly pid?: number;
  readonly uptimeSeconds?: number;
  readonly memoryUsedBytes?: number;
  readonly memoryTotalBytes?: number;
  readonly guests: readonly GuestRow[];
  /** Ports of guests on 127.0.0.1; absent where nothing is forwarded. */
  readonly forwards?: readonly ForwardState[];
  /** Processes of a node whose own process was killed. */
  readonly leftProcesses: number;
  readonly stateDirectory: string;
}

interface GuestRow {
  readonly vmid: number;
  readonly kind: 'qemu' | 'lxc';
  readonly name?: string;
  readonly status: string;
  readonly mem?: number;
  readonly maxmem?: number;
  readonly uptime?: number;
  /** Of a container: what of its limits the machine cannot keep, "memory", "cpu" or both with a comma. */
  readonly 'not-limited'?: string;
}

/**
 * Brings the local node up in the background and returns what there is to tell about it. One that is up already is left
 * as it is. Throws NodeCommandError.
 */
export async function up(
  env: Environment,
  options: { readonly engine: EngineName; readonly name: string; readonly forward?: boolean },
): Promise<string> {
  const stateDir = writableStateDirectory(env);
  const ports = portsFrom(env);
  const hosts = hostsFrom(env);
  const cgroup = cgroupFrom(env);
  const directories = directoriesFrom(env);
  const hostKey = usableHostKeyFile(env);
  const statistics = statisticsFrom(env);
  const holder =
    lockHolder(stateDir) ??
    (await launch(env, options, { ...ports, hosts, cgroup, directories, statistics, hostKey }));
  if (holder !== undefined) {
    const connection = await awaitConnection(env, holder);
    return `The local node is already up: ${describe(connection)}`;
  }
  const connection = readConnection(env);
  if (!connection)
    throw new NodeCommandError(`the local node came up and went down again; see ${logFile(stateDir)}`);
  await answering(env, connection);
  return `The local node is up: ${describe(connection)}${keyWarning(env, connection)}`;
}

/** The provider refuses a host whose remembered key is another one, in words that do not say what to do. */
function keyWarning(env: Environment, { ssh }: ConnectionFile): string {
  const file = knownHostsFile(env);
  const known = lookUp(existsSync(file) ? readFileSync(file, 'utf8') : '', ssh.host, ssh.port);
  const hashes = known.keys.map((key) =>
    createHash('sha256').update(Buffer.from(key, 'base64')).digest('base64').replace(/=+$/, ''),
  );
  if (hashes.length === 0 || hashes.includes(ssh.hostKeySha256)) return '';
  const name = `[${ssh.host}]:${ssh.port}`;
  return `\nBut ${file} remembers another key for ${name}, and a deploy would be refused. Run: ssh-keygen -R '${name}'`;
}

/** Somebody else is bringing it up, or it is going down: until one or the other is so. */
async function awaitConnection(env: Environment, holder: number): Promise<ConnectionFile> {
  const process_ = identify(holder);
  for (let attempt = 0; attempt < 600 && process_ && isAlive(process_); attempt++) {
    const connection = readConnection(env);
    if (connection?.pid === holder) return connection;
    await sleep(100);
  }
  throw new NodeCommandError(
    `process ${holder} held ${nodeStateDirectory(env)} without bringing the local node up, or is taking it down; try again`,
  );
}

/**
 * Starts the node's process in the background and returns once it serves. Returns the pid of another one that was
 * quicker to take the directory.
 */
async function launch(
  env: Environment,
  { engine, name, forward = true }: { engine: EngineName; name: string; forward?: boolean },
  {
    port,
    sshPort,
    hosts,
    cgroup,
    directories,
    statistics,
    hostKey,
  }: {
    port: number;
    sshPort: number;
    hosts: readonly string[];
    cgroup: string | undefined;
    directories: readonly string[];
    statistics: number;
    hostKey: string;
  },
): Promise<number | undefined> {
  const stateDir = nodeStateDirectory(env);
  const log = openLog(stateDir);
  const argv = ['--state', stateDir, '--name', name, '--engine', engine];
  const ports = ['--port', String(port), '--ssh-port', String(sshPort), '--host-key', hostKey];
  const names = [
    ...hosts.flatMap((host) => ['--host', host]),
    ...directories.flatMap((directory) => ['--directory', directory]),
  ];
  const group = cgroup === undefined ? [] : ['--cgroup', cgroup];
  const looks = ['--statistics-seconds', String(statistics), ...(forward ? [] : ['--no-forward'])];
  const main = join(repositoryRoot, 'local-node', 'main.ts');
  // V8 would let a node with 1,000 guests and many clients grow to 300 MiB before it collects what is not needed.
  const heap = ['--max-old-space-size=384', '--max-semi-space-size=8'];
  // Not by zx: a daemon outlives this process, and says over its IPC channel when it is up.
  const child = spawn(
    process.execPath,
    [...heap, '--require', require.resolve('tsx/cjs'), main, ...argv, ...ports, ...names, ...group, ...looks],
    {
      cwd: repositoryRoot,
      // Node.js does the work of files in so many threads; what waits for a disk needs more than there are processors.
      env: { UV_THREADPOOL_SIZE: '16', ...withoutSecrets(env) },
      detached: true,
      stdio: ['ignore', log, log, 'ipc'],
    },
  );
  closeSync(log);
  const message = await new Promise<StartMessage>((resolve) => {
    child.once('message', (received) => resolve(received as StartMessage));
    child.once('error', (error) => resolve({ up: false, reason: error.message }));
    child.once('exit', (code, signal) =>
      resolve({ up: false, reason: `it ended with ${signal ?? `exit code ${code}`}` }),
    );
  });
  child.removeAllListeners();
  child.unref();
  if (child.connected) child.disconnect();
  if (message.up) return undefined;
  if (message.holder !== undefined) return message.holder;
  const reason = `the local node did not come up: ${message.reason}\n(log: ${logFile(stateDir)})`;
  throw message.missing ? new MissingError(reason) : new NodeCommandError(reason);
}

function logFile(stateDir: string): string {
  return join(stateDir, 'log', 'node.log');
}

function openLog(stateDir: string): number {
  const file = logFile(stateDir);
  mkdirSync(join(stateDir, 'log'), { recursive: true, mode: 0o700 });
  if (existsSync(file) && statSync(file).size > LONGEST_LOG) renameSync(file, `${file}.1`);
  return openSync(file, 'a', 0o600);
}

/** This concerns the local node, even where the lab acts on a Proxmox VE node. */
function localClient(env: Environment, connection: ConnectionFile): ApiClient {
  return new ApiClient(readTarget({ ...env, PROXMOX_VE_ENDPOINT: undefined }, connection.nodeName));
}

async function answering(env: Environment, connection: ConnectionFile): Promise<void> {
  const client = localClient(env, connection);
  try {
    await client.get('version');
  } finally {
    await client.close();
  }
}

/** Ends the local node, or what a killed one has left running; `purge` removes its state. Throws NodeCommandError. */
export async function down(env: Environment, { purge }: { purge?: boolean }): Promise<string> {
  const stateDir = nodeStateDirectory(env);
  if (!existsSync(stateDir)) return 'The local node is not up.';
  const holder = lockHolder(stateDir);
  const process_ = holder === undefined ? undefined : identify(holder);
  const left = leftProcesses(stateDir);
  if (process_) {
    process.kill(process_.pid, 'SIGTERM');
    if (!(await waitForEnd(process_, DOWN_TIMEOUT))) {
      throw new NodeCommandError(
        `the local node (process ${process_.pid}) is still going down after ${DOWN_TIMEOUT / 1000} s; ` +
          `see ${logFile(stateDir)}, or end it with kill -9 ${process_.pid} and run this again`,
      );
    }
  }
  // After an orderly end there is nothing left to do; after a kill there is all of it.
  await downWithoutDaemon(stateDir);
  if (purge) await removeTree(stateDir);
  const kept = purge ? 'Its state is removed.' : `Its state is kept in ${stateDir} (--purge removes it).`;
  if (process_ || left > 0) return `The local node is down. ${kept}`;
  return `The local node was not up. ${kept}`;
}

/** Processes in the node's namespace, its holder included. */
function leftProcesses(stateDir: string): number {
  const namespace = Namespace.find(stateDir);
  return namespace ? namespace.processes().length + 1 : 0;
}

export async function status(env: Environment): Promise<NodeReport> {
  const stateDirectory = nodeStateDirectory(env);
  const holder = lockHolder(stateDirectory);
  const connection = holder === undefined ? undefined : readConnection(env);
  if (!connection) {
    return { up: false, guests: [], leftProcesses: leftProcesses(stateDirectory), stateDirectory };
  }
  const client = localClient(env, connection);
  try {
    const node = await client.get<{ memory: { used: number; total: number }; uptime: number }>(
      client.node('status'),
    );
    const of = async (kind: GuestRow['kind']) =>
      (await client.get<Omit<GuestRow, 'kind'>[]>(client.node(kind))).map((row) => ({ ...row, kind }));
    const guests = [...(await of('qemu')), ...(await of('lxc'))].sort((one, two) => one.vmid - two.vmid);
    return {
      up: true,
      endpoint: connection.endpoint,
      acceleration: connection.acceleration,
      uplink: connection.wayOut,
      pid: connection.pid,
      uptimeSeconds: node.uptime,
      memoryUsedBytes: node.memory.used,
      memoryTotalBytes: node.memory.total,
      guests: guests.map(({ vmid, kind, name, status: state, mem, maxmem, uptime, ...rest }) => ({
        ...{ vmid, kind, name, status: state, mem, maxmem, uptime, 'not-limited': rest['not-limited'] },
      })),
      ...(connection.forwards ? { forwards: Forwards.read(stateDirectory) } : {}),
      leftProcesses: 0,
      stateDirectory,
    };
  } finally {
    await client.close();
  }
}

/** How the guests run, in words. */
export function accelerationWords(acceleration: ConnectionFile['acceleration'] | undefined): string {
  if (acceleration === 'kvm') return 'guests with KVM';
  return acceleration === 'tcg' ? 'guests emulated (TCG)' : 'guests simulated';
}

/** What guests reach the machine's network through, in words. */
export function uplinkWords(uplink: Uplink): string {
  return 'tool' in uplink ? `uplink by ${uplink.tool}` : `guests have no uplink: ${uplink.reason}`;
}

function describe(connection: ConnectionFile): string {
  const { endpoint, ssh, acceleration, wayOut: uplink, pid } = connection;
  const out = uplink ? `, ${uplinkWords(uplink)}` : '';
  return `${endpoint} (SSH ${ssh.host}:${ssh.port}), ${accelerationWords(acceleration)}, process ${pid}${out}`;
}
