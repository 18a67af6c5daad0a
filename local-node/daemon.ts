import { mkdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { connectionFileIn } from '../config/paths';
import type { ConnectionFile } from '../config/target';
import { type Lock, takeLock } from '../machine/lock';
import { writeWholeFile } from '../machine/whole-file';
import { type ApiServer, listen } from './api/server';
import { type NodeNetwork, NoNetwork } from './base/node-network';
import { shownStorages, storagesDir } from './base/shown-path';
import { CommandLine } from './command-line/server';
import type { ContainerEngine } from './engine/container-engine';
import type { GuestEngine } from './engine/guest-engine';
import { LxcEngine } from './engine/lxc/lxc-engine';
import { QemuEngine } from './engine/qemu/qemu-engine';
import { SimulatedEngine } from './engine/simulated/simulated-engine';
import { dial } from './forwards/dial';
import { Forwards } from './forwards/forwards';
import { containerEnd, machineEnd } from './forwards/guest-forward';
import { NamespaceNetwork } from './namespace/bridges';
import { Namespace, STORAGES } from './namespace/namespace';
import { endUplink, ensureUplink, UPLINK_NAMESERVER } from './namespace/uplink';
import { buildLocalNode, type LocalNode } from './node';
import { sshKeys } from './ssh/keys';
import { type SshServer, startSshServer } from './ssh/ssh-server';

export type EngineName = 'qemu' | 'simulated';

export interface DaemonSettings {
  readonly stateDir: string;
  readonly nodeName: string;
  readonly engine: EngineName;
  /** 0 = any free port. */
  readonly port: number;
  /** 0 = any free port. */
  readonly sshPort: number;
  /** PEM file of the SSH host key, made if absent. */
  readonly hostKeyFile: string;
  /** Names under which clients may ask besides the usual ones. */
  readonly hosts: readonly string[];
  /** Directory of a control group that is the node's; undefined = guests have none of their own. */
  readonly cgroup: string | undefined;
  /** Between two looks at the guests for the lists of the cluster; 0 = at each call. */
  readonly statisticsSeconds: number;
  /** In which storages may be declared, beside the node's own. */
  readonly directories: readonly string[];
  /** Whether ports of guests are forwarded to this machine. */
  readonly forward: boolean;
  readonly logger: Logger;
}

/** What keeps the node from coming up and can be helped by the user. */
export class DaemonError extends Error {
  override readonly name = 'DaemonError';
}

/** Seconds that guests get to shut down by themselves when the node goes down; then they are stopped. */
const SHUTDOWN_SECONDS = 60;

/** The local node as a whole: namespace, engine, services, API and SSH. */
export class Daemon {
  private constructor(
    private readonly settings: DaemonSettings,
    private readonly lock: Lock,
    private readonly node: LocalNode,
    private readonly api: ApiServer,
    private readonly ssh: SshServer,
    private readonly commandLine: CommandLine,
    private readonly forwards: Forwards | undefined,
    readonly connection: ConnectionFile,
  ) {}

  /**
   * Brings the node up, with guests that an earlier process has left running, and writes the connection file last.
   * What was begun is taken back if it fails. Throws LockedError, DaemonError, NamespaceError.
   */
  static async start(settings: DaemonSettings): Promise<Daemon> {
    const { stateDir } = settings;
    await mkdir(stateDir, { recursive: true, mode: 0o700 });
    const undo: (() => Promise<unknown>)[] = [];
    try {
      const lock = await takeLock(stateDir, 'the local node');
      undo.push(() => lock.release());
      await rm(connectionFileIn(stateDir), { force: true });
      if (settings.port === settings.sshPort && settings.port !== 0) {
        throw new DaemonError(`port ${settings.port} cannot serve both the API and SSH`);
      }
      await requireFreePort(settings.port, 'LAB_NODE_PORT');
      await requireFreePort(settings.sshPort, 'LAB_NODE_SSH_PORT');
      const namespace = await Namespace.ensure(stateDir, settings.nodeName);
      undo.push(async () => namespace.processes().length > 0 || (await Namespace.remove(stateDir)));
      const { engine, containerEngine, network } = await createEngine(settings, namespace);
      undo.push(() => endUplink(stateDir));
      const uplink = settings.engine === 'qemu' ? await ensureUplink(namespace, stateDir) : undefined;
      if (uplink && 'reason' in uplink) settings.logger.warn(uplink, 'guests have no uplink');
      const shown = shownStorages(stateDir, STORAGES);
      const node = buildLocalNode({
        stateDir,
        nodeName: settings.nodeName,
        engine,
        ...(containerEngine ? { containerEngine } : {}),
        network,
        logger: settings.logger,
        hosts: settings.hosts,
        statisticsSeconds: settings.statisticsSeconds,
        shownStorages: shown,
        directories: settings.directories,
        ...(uplink && 'tool' in uplink ? { guestNameserver: UPLINK_NAMESERVER } : {}),
      });
      await node.start();
      undo.push(() => node.close());
      const api = await listen(node, { port: settings.port });
      undo.push(() => api.close());
      const keys = await sshKeys(stateDir, settings.hostKeyFile);
      const ssh = await startSshServer({
        keys,
        port: settings.sshPort,
        sftpRoot: storagesDir(stateDir),
        sftpShown: shown,
        sftpMore: settings.directories,
        requireSpace: (bytes) =>
          node.storage.requireRoom(storagesDir(stateDir), bytes, 'a file sent by SFTP'),
        enter: (argv) => namespace.enter(argv),
      });
      undo.push(() => ssh.close());
      const commandLine = await CommandLine.start(node, namespace);
      undo.push(() => commandLine.close());
      const forwards =
        settings.forward && settings.engine === 'qemu'
          ? new Forwards({
              ...{ stateDir, logger: settings.logger, network: node.network },
              kinds: [
                { store: node.guests.store, engine, end: machineEnd },
                { ...node.guests.containers, end: containerEnd },
              ],
              dial: (address, port) => dial(namespace, address, port),
            })
          : undefined;
      forwards?.start();
      undo.push(async () => forwards?.close());
      const tokenFile = join(stateDir, 'token');
      await writeWholeFile(tokenFile, `${await node.access.labToken()}\n`, { mode: 0o600 });
      const connection: ConnectionFile = {
        endpoint: api.endpoint,
        nodeName: settings.nodeName,
        pid: process.pid,
        caFile: api.caFile,
        tokenFile,
        acceleration: engine.acceleration,
        wayOut: uplink,
        forwards: forwards !== undefined,
        ssh: {
          host: '127.0.0.1',
          port: ssh.port,
          username: 'root',
          privateKeyFile: keys.clientKeyFile,
          hostKeySha256: keys.hostKeySha256,
        },
      };
      await writeWholeFile(connectionFileIn(stateDir), `${JSON.stringify(connection, null, 2)}\n`, {
        mode: 0o600,
      });
      return new Daemon(settings, lock, node, api, ssh, commandLine, forwards, connection);
    } catch (error) {
      for (const step of undo.reverse()) {
        await step().catch((cause) =>
          settings.logger.error({ err: cause }, 'could not take back what was begun'),
        );
      }
      throw error;
    }
  }

  /** Shuts the guests down, ends everything, and leaves the state directory as it would be on a disk. */
  async down(): Promise<void> {
    const { stateDir, logger } = this.settings;
    await rm(connectionFileIn(stateDir), { force: true }).catch((err: unknown) =>
      logger.error({ err }, 'the connection file stays'),
    );
    logger.info('going down: guests first');
    await this.node.guests.shutdownAll(SHUTDOWN_SECONDS);
    await this.forwards?.close();
    await this.ssh.close();
    await this.commandLine.close();
    await this.api.close();
    await this.node.close();
    await removeRuntime(stateDir);
    await this.lock.release();
    logger.info('down');
  }

  /** Fails the task during which a fault came that nothing caught; false if it came during none. */
  failTaskOf(fault: unknown): boolean {
    return this.node.tasks.failOf(fault);
  }
}

/** Does what Daemon.down() does for a node whose process has been killed: its guests and its namespace are still there. */
export async function downWithoutDaemon(stateDir: string): Promise<void> {
  const lock = await takeLock(stateDir, 'the local node');
  try {
    await rm(connectionFileIn(stateDir), { force: true });
    const namespace = Namespace.find(stateDir);
    if (namespace) {
      const engine = await QemuEngine.create({ stateDir, namespace });
      const containers = await LxcEngine.create({ stateDir, namespace });
      const ends = [
        ...(await engine.recover()).map(async (vmid) => {
          const ended = await engine.shutdown(vmid, SHUTDOWN_SECONDS, true);
          if (!ended) await engine.stop(vmid);
        }),
        ...(await containers.recover()).map(async (vmid) => {
          const ended = await containers.shutdown(vmid, SHUTDOWN_SECONDS);
          if (!ended) await containers.stop(vmid);
        }),
      ];
      await Promise.all(ends);
      await engine.close();
    }
    await removeRuntime(stateDir);
  } finally {
    await lock.release();
  }
}

/** Everything under run/ concerns the time while the node is up, which guests run among it. */
async function removeRuntime(stateDir: string): Promise<void> {
  await endUplink(stateDir);
  await Namespace.remove(stateDir);
  await rm(join(stateDir, 'run'), { recursive: true, force: true });
}

async function createEngine(
  { engine, stateDir, cgroup, logger }: DaemonSettings,
  namespace: Namespace,
): Promise<{ engine: GuestEngine; containerEngine?: ContainerEngine; network: NodeNetwork }> {
  if (engine === 'simulated') return { engine: new SimulatedEngine(), network: new NoNetwork() };
  return {
    engine: await QemuEngine.create({ stateDir, namespace, cgroup, logger }),
    containerEngine: await LxcEngine.create({ stateDir, namespace, logger }),
    network: new NamespaceNetwork(namespace),
  };
}

/** Looks before anything is touched; the servers listen much later. */
async function requireFreePort(port: number, variable: string): Promise<void> {
  const probe = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      probe.once('error', reject);
      probe.listen({ port, host: '127.0.0.1' }, resolve);
    });
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    const what = code === 'EADDRINUSE' ? 'is in use by another program' : `cannot be used (${code})`;
    throw new DaemonError(`port ${port} on 127.0.0.1 ${what}; choose another with ${variable}=<port>`, {
      cause,
    });
  } finally {
    await new Promise<void>((resolve) => {
      probe.close(() => resolve());
    });
  }
}
