import { homedir } from 'node:os';
import { join } from 'node:path';

/** Environment variables, as process.env has them; passed on, so that tests bring their own. */
export type Environment = Readonly<Record<string, string | undefined>>;

export const repositoryRoot = join(__dirname, '..');

/** The experiment: LAB_FILE, else lab.yaml of this project. */
export function labFile(env: Environment): string {
  return env.LAB_FILE || join(repositoryRoot, 'lab.yaml');
}

/** Everything that the local node keeps: LAB_NODE_STATE, else .lab/node of this project. */
export function nodeStateDirectory(env: Environment): string {
  return env.LAB_NODE_STATE || join(repositoryRoot, '.lab', 'node');
}

/** How the local node is reached; exists exactly while it is up. */
export function connectionFile(env: Environment): string {
  return connectionFileIn(nodeStateDirectory(env));
}

/** The same for a local node with this state directory. */
export function connectionFileIn(stateDirectory: string): string {
  return join(stateDirectory, 'connection.json');
}

/** Terraform's lock file as `npm run setup` made it: what cdktf.out had of it is put back from here. */
export function keptLockFile(): string {
  return join(repositoryRoot, '.lab', 'terraform.lock.hcl');
}

/** Terraform's state of the lab. */
export function terraformState(): string {
  return join(repositoryRoot, 'terraform.lab.tfstate');
}

/** Measured runs, one directory each. */
export function resultsDirectory(): string {
  return join(repositoryRoot, 'results');
}

/** SSH host key of this user's local nodes, the same for all clones: clients remember it by address and port. */
export function hostKeyFile(env: Environment): string {
  const data = env.XDG_DATA_HOME || join(env.HOME || homedir(), '.local/share');
  return join(data, 'pve-virtualization-lab', 'ssh_host_ecdsa');
}
