import { userInfo } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { InputError } from './input-error';

/** Environment variables, as process.env has them; passed on, so that tests bring their own. */
export type Environment = Readonly<Record<string, string | undefined>>;

export const repositoryRoot = join(__dirname, '..');

/**
 * A path as the environment gives it; a relative one begins at the clone. It cannot begin at the working directory: the
 * programs that read the same variable do so in others, Terraform's hooks in that of the synthesized stack.
 */
export function absolute(path: string): string {
  return resolve(repositoryRoot, path);
}

/** Variables that hold one path, of the lab and of the programs that it runs in other directories. */
const PATH_VARIABLES = [
  'LAB_FILE',
  'LAB_NODE_STATE',
  'LAB_NODE_CGROUP',
  'MOODLE_SOURCE',
  'TERRAFORM_BINARY_NAME',
  'XDG_CACHE_HOME',
  'XDG_DATA_HOME',
  'SSL_CERT_FILE',
  'SSH_AUTH_SOCK',
  'PROXMOX_VE_SSH_AUTH_SOCK',
  'TF_CLI_CONFIG_FILE',
  'TF_PLUGIN_CACHE_DIR',
  'HOME',
  'TMPDIR',
];

/** Makes the paths of the environment absolute, for this program and for all that it starts. */
export function makePathsAbsolute(env: NodeJS.ProcessEnv): void {
  for (const name of PATH_VARIABLES) {
    const value = env[name];
    if (value && isPath(name, value)) env[name] = absolute(value);
  }
  const directories = env.SSL_CERT_DIR?.split(':').filter(Boolean);
  if (directories?.length) env.SSL_CERT_DIR = directories.map(absolute).join(':');
}

/** MOODLE_SOURCE may be an address, TERRAFORM_BINARY_NAME the name of a program on PATH. */
function isPath(name: string, value: string): boolean {
  if (name === 'MOODLE_SOURCE') return !isAddress(value);
  return name !== 'TERRAFORM_BINARY_NAME' || value.includes('/');
}

export function isAddress(text: string): boolean {
  return /^https?:\/\//.test(text);
}

/** HOME, else what the system knows of this user. Throws InputError where neither is so, as in some containers. */
export function homeDirectory(env: Environment): string {
  if (env.HOME) return absolute(env.HOME);
  try {
    return userInfo().homedir;
  } catch (cause) {
    const user = process.getuid?.();
    throw new InputError(
      `HOME is not set, and the system knows no user ${user}: set HOME to a directory that you may write in`,
      { cause },
    );
  }
}

/** The experiment: LAB_FILE, else lab.yaml of this project. */
export function labFile(env: Environment): string {
  return absolute(env.LAB_FILE || 'lab.yaml');
}

/** Everything that the local node keeps: LAB_NODE_STATE, else .lab/node of this project. */
export function nodeStateDirectory(env: Environment): string {
  return absolute(env.LAB_NODE_STATE || '.lab/node');
}

/** How the local node is reached; exists exactly while it is up. */
export function connectionFile(env: Environment): string {
  return connectionFileIn(nodeStateDirectory(env));
}

/** The same for a local node with this state directory. */
export function connectionFileIn(stateDirectory: string): string {
  return join(stateDirectory, 'connection.json');
}

/** What the local node keeps of what its guests print on their serial consoles; the boot before has `.1` appended. */
export function serialLogs(stateDirectory: string): string {
  return join(stateDirectory, 'log');
}

/** The file of one guest in such a directory. */
export function serialLogFile(directory: string, vmid: number): string {
  return join(directory, `console-${vmid}.log`);
}

/** Logs of the lab's commands, and what is kept of guests that did not boot. */
export function logDirectory(): string {
  return join(repositoryRoot, '.lab', 'log');
}

/** A file as a message names it to somebody who works in the clone. */
export function shownFile(path: string): string {
  const inside = relative(repositoryRoot, path);
  return inside.startsWith('..') ? path : inside;
}

/** Terraform's lock file as `npm run setup` made it: what cdktf.out had of it is put back from here. */
export function keptLockFile(): string {
  return join(repositoryRoot, '.lab', 'terraform.lock.hcl');
}

/** How long things took the last time on this machine. */
export function usualTimesFile(): string {
  return join(repositoryRoot, '.lab', 'usual-times.json');
}

/** Port and token of `npm run watch`. */
export function watchFile(): string {
  return join(repositoryRoot, '.lab', 'watch.json');
}

/** Measured runs, one directory each. */
export function resultsDirectory(): string {
  return join(repositoryRoot, 'results');
}

/** SSH host key of this user's local nodes, the same for all clones: clients remember it by address and port. */
export function hostKeyFile(env: Environment): string {
  const data = env.XDG_DATA_HOME ? absolute(env.XDG_DATA_HOME) : join(homeDirectory(env), '.local/share');
  return join(data, 'pve-virtualization-lab', 'ssh_host_ecdsa');
}

/** Images and what else can be made again: XDG_CACHE_HOME, else ~/.cache. */
export function cacheDirectory(env: Environment): string {
  const cache = env.XDG_CACHE_HOME ? absolute(env.XDG_CACHE_HOME) : join(homeDirectory(env), '.cache');
  return join(cache, 'pve-virtualization-lab');
}

/** Host keys of machines that this user has met by SSH; the Terraform provider keeps its own there too. */
export function knownHostsFile(env: Environment): string {
  return join(homeDirectory(env), '.ssh/known_hosts');
}
