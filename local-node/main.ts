/**
 * The process of the local node. `npm run node -- up` starts it in the background; in the foreground, for a look at it:
 *   npx tsx local-node/main.ts --state DIRECTORY --name pve --engine qemu --port 8006 --ssh-port 8022 --host-key FILE
 * It logs to its standard output. SIGTERM and SIGINT take it down in order; with a parent that listens, it says over
 * the IPC channel whether it came up.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { forbidCoreDumps } from '../machine/core-dumps';
import { LockedError } from '../machine/lock';
import { MissingError } from '../machine/missing-error';
import { Daemon, DaemonError, type EngineName } from './daemon';

/** Bytes of the log that are kept while it cannot be written. */
const LONGEST_UNWRITTEN = 1024 * 1024;

/** What the process tells its parent, once. */
export type StartMessage =
  | { readonly up: true }
  /** `holder`: the process that has the directory already. */
  | {
      readonly up: false;
      readonly reason: string;
      readonly holder?: number;
      /** The machine lacks something. */
      readonly missing?: boolean;
    };

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      state: { type: 'string' },
      name: { type: 'string', default: 'pve' },
      engine: { type: 'string', default: 'qemu' },
      port: { type: 'string', default: '8006' },
      'ssh-port': { type: 'string', default: '8022' },
      'host-key': { type: 'string' },
      host: { type: 'string', multiple: true, default: [] },
      cgroup: { type: 'string' },
      directory: { type: 'string', multiple: true, default: [] },
      'no-forward': { type: 'boolean', default: false },
      'statistics-seconds': { type: 'string', default: '10' },
    },
  });
  await forbidCoreDumps();
  if (!values.state) throw new Error('--state DIRECTORY is missing');
  const output = pino.destination({ dest: 1, sync: true, maxLength: LONGEST_UNWRITTEN });
  // On a full disk, or when the reader has gone: there is nowhere to say so, and logging it would fail again.
  output.on('error', () => undefined);
  const logger = pino({ level: 'info', base: null, timestamp: pino.stdTimeFunctions.isoTime }, output);
  const daemon = await Daemon.start({
    stateDir: values.state,
    nodeName: values.name,
    engine: values.engine as EngineName,
    port: Number(values.port),
    sshPort: Number(values['ssh-port']),
    hostKeyFile: values['host-key'] ?? join(values.state, 'ssh/host_ecdsa'),
    hosts: values.host,
    cgroup: values.cgroup,
    directories: values.directory,
    statisticsSeconds: Number(values['statistics-seconds']),
    forward: !values['no-forward'],
    logger,
  });
  logger.info({ endpoint: daemon.connection.endpoint, ssh: daemon.connection.ssh.port }, 'up');
  let ending = false;
  const end = async () => {
    if (ending) return;
    ending = true;
    try {
      await daemon.down();
      process.exit(0);
    } catch (error) {
      logger.fatal({ err: error }, 'going down failed');
      process.exit(1);
    }
  };
  // The last resort: guests and clients do not go down with one task.
  process.on('uncaughtException', (error) => {
    const failed = daemon.failTaskOf(error) ? 'its task fails' : 'no task is behind it';
    logger.error({ err: error }, `a fault that nothing caught: ${failed}, the node goes on`);
  });
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
  tell({ up: true });
}

function tell(message: StartMessage): void {
  // Who brought it up may have gone, with the terminal: then nobody is told.
  if (!process.connected) return;
  process.send?.(message, undefined, undefined, () => {});
  process.disconnect();
}

main().catch((error: Error) => {
  // The stack trace of a bug; what is known to happen, as on a disk that takes nothing, is one sentence.
  const missing = error instanceof MissingError;
  const known = 'code' in error || error instanceof DaemonError || error instanceof LockedError || missing;
  console.error(known ? error.message : error);
  const holder = error instanceof LockedError ? { holder: error.pid } : {};
  tell({ up: false, reason: error.message, missing, ...holder });
  process.exit(1);
});
