/** What the environment says about the local node, with faults told as input of the user. */
import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { InputError } from '../config/input-error';
import { type Environment, nodeStateDirectory } from '../config/paths';

/** The state directory, made if absent. Throws InputError if this user cannot write in it. */
export function writableStateDirectory(env: Environment): string {
  const directory = nodeStateDirectory(env);
  try {
    make(directory);
    if (!statSync(directory).isDirectory()) throw new Error('it is no directory');
    accessSync(directory, constants.W_OK | constants.X_OK);
    return directory;
  } catch (cause) {
    throw new InputError(
      `the state directory ${directory} cannot be used: ${reasonOf(cause)}; choose another with LAB_NODE_STATE`,
      { cause },
    );
  }
}

/** One level after the other: mkdirSync() in one go never ends where a file system makes no directories, as /proc. */
function make(directory: string): void {
  if (existsSync(directory)) return;
  if (dirname(directory) !== directory) make(dirname(directory));
  mkdirSync(directory, { mode: 0o700 });
}

/** Without the call and the path, which say nothing more. */
function reasonOf(cause: unknown): string {
  return (cause as Error).message.replace(/^E\w+: /, '').replace(/, \w+ '.*$/s, '');
}

/** Further names of the node, under which clients may ask. Throws InputError. */
export function hostsFrom(env: Environment): readonly string[] {
  const names = (env.LAB_NODE_HOSTS ?? '').split(/[\s,]+/).filter(Boolean);
  const wrong = names.find((name) => !/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(name));
  if (wrong === undefined) return names;
  throw new InputError(`LAB_NODE_HOSTS has '${wrong}', which is no host name; it takes names and commas`);
}

/** Directory of the control group that the node may use for its guests; undefined if none is named. Throws InputError. */
export function cgroupFrom(env: Environment): string | undefined {
  const directory = env.LAB_NODE_CGROUP;
  if (!directory) return undefined;
  try {
    accessSync(join(directory, 'cgroup.procs'));
    accessSync(directory, constants.W_OK);
    return resolve(directory);
  } catch (cause) {
    throw new InputError(
      `LAB_NODE_CGROUP is '${directory}', which is no control group that you may use: ${reasonOf(cause)}`,
      { cause },
    );
  }
}

/** Seconds between two looks at the guests for the lists of the cluster. Throws InputError. */
export function statisticsFrom(env: Environment): number {
  const text = env.LAB_NODE_STATISTICS || '10';
  if (/^\d{1,4}$/.test(text)) return Number(text);
  throw new InputError(`LAB_NODE_STATISTICS is '${text}'; it must be seconds, 0 to 9999`);
}

/** Throws InputError. */
export function portsFrom(env: Environment): { readonly port: number; readonly sshPort: number } {
  const port = portFrom(env, 'LAB_NODE_PORT', 8006);
  const sshPort = portFrom(env, 'LAB_NODE_SSH_PORT', 8022);
  if (port === sshPort && port !== 0) {
    throw new InputError(`LAB_NODE_PORT and LAB_NODE_SSH_PORT are both ${port}; they must differ`);
  }
  return { port, sshPort };
}

function portFrom(env: Environment, variable: string, otherwise: number): number {
  const text = env[variable];
  if (!text) return otherwise;
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new InputError(`${variable} is '${text}'; it must be a port, 1 to 65535 (0 = any free one)`);
}
