import { InputError } from '../config/input-error';
import type { Target } from '../config/target';
import { ApiClient, ApiError } from './api-client';
import { NodeShell } from './node-shell';

/** The target cannot be worked with; the message names everything that is in the way and what to do about it. */
export class TargetRefusedError extends InputError {
  override readonly name = 'TargetRefusedError';
  constructor(faults: readonly string[]) {
    super(faults.join('\n'));
  }
}

/**
 * Looks whether a node can be worked with before anything is made on it: its API answers and takes the credentials, it
 * has the node of that name, and SSH lets in. Changes nothing. Returns the version of Proxmox VE.
 */
export async function checkTarget(target: Target): Promise<string> {
  const faults: string[] = [];
  const noting = async <T>(check: Promise<T>): Promise<T | undefined> => {
    try {
      return await check;
    } catch (error) {
      faults.push((error as Error).message);
      return undefined;
    }
  };
  const [version] = await Promise.all([noting(checkApi(target)), noting(checkSsh(target))]);
  if (faults.length > 0 || version === undefined) throw new TargetRefusedError(faults);
  return version;
}

async function checkApi(target: Target): Promise<string> {
  const { endpoint, nodeName, credentials } = target;
  const client = new ApiClient(target);
  try {
    const answer = await client.get<{ version?: string } | null>('version');
    if (typeof answer?.version !== 'string') throw new Error(notProxmox(endpoint));
    const nodes = await client.get<readonly { node: string; status: string }[]>('nodes');
    const found = nodes.find(({ node }) => node === nodeName);
    if (!found) {
      const names = nodes.map(({ node }) => node).join(', ');
      throw new Error(
        `${endpoint} has no node ${nodeName}; it has ${names}. Correct node.name in lab.yaml, or set PROXMOX_VE_NODE_NAME`,
      );
    }
    if (found.status !== 'online') throw new Error(`${endpoint}: the node ${nodeName} is ${found.status}`);
    return answer.version;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 401) {
      const [variable, shown] =
        credentials.kind === 'token'
          ? ['PROXMOX_VE_API_TOKEN', credentials.token.split('=')[0]]
          : ['PROXMOX_VE_USERNAME and PROXMOX_VE_PASSWORD', credentials.username];
      throw new Error(`${endpoint} refuses the login as ${shown} (${error.message}); correct ${variable}`);
    }
    if (error.status < 400 || error.status === 404) throw new Error(notProxmox(endpoint));
    throw new Error(`${endpoint}: ${error.message}`);
  } finally {
    await client.close();
  }
}

function notProxmox(endpoint: string): string {
  return `${endpoint}: what answers there is no Proxmox VE API; are host and port right?`;
}

async function checkSsh({ ssh }: Target): Promise<void> {
  (await NodeShell.connect(ssh)).close();
}
