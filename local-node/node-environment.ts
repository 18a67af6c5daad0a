/** What the environment says about the local node, with faults told as input of the user. */
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { InputError } from '../config/input-error';
import { absolute, type Environment, hostKeyFile, nodeStateDirectory } from '../config/paths';
import { reasonOf, usableDirectory } from '../config/usable-directory';

/** The state directory, made if absent. Throws InputError if this user cannot write in it. */
export function writableStateDirectory(env: Environment): string {
  return usableDirectory(nodeStateDirectory(env), 'the state directory', 'LAB_NODE_STATE');
}

/** File of the SSH host key, of which the directory is made if absent. Throws InputError if it cannot be used. */
export function usableHostKeyFile(env: Environment): string {
  const file = hostKeyFile(env);
  if (!existsSync(file)) {
    usableDirectory(dirname(file), "the directory of the node's SSH host key", 'XDG_DATA_HOME or HOME');
  }
  return file;
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
  if (!env.LAB_NODE_CGROUP) return undefined;
  const directory = absolute(env.LAB_NODE_CGROUP);
  try {
    accessSync(join(directory, 'cgroup.procs'));
    accessSync(directory, constants.W_OK);
    return directory;
  } catch (cause) {
    throw new InputError(
      `LAB_NODE_CGROUP is '${env.LAB_NODE_CGROUP}', which is no control group that you may use: ${reasonOf(cause)}`,
      { cause },
    );
  }
}

/** Directories in which storages may be declared, beside the node's own. Throws InputError. */
export function directoriesFrom(env: Environment): readonly string[] {
  const directories = (env.LAB_NODE_DIRECTORIES ?? '').split(':').filter(Boolean);
  const wrong = directories.find(
    (directory) =>
      !directory.startsWith('/') || !statSync(directory, { throwIfNoEntry: false })?.isDirectory(),
  );
  if (wrong === undefined) return directories;
  throw new InputError(
    `LAB_NODE_DIRECTORIES has '${wrong}', which is no directory; it takes absolute paths with colons`,
  );
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
