import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { InputError } from './input-error';
import { absolute, connectionFile, type Environment } from './paths';
import type { ConnectionFile, Credentials, SshTarget, Target } from './target';

export type TargetErrorCode =
  | 'local-node-down'
  | 'connection-file-broken'
  | 'environment-incomplete'
  | 'wrong-node';

/** The target cannot be reached for want of settings; the message names all of them. */
export class TargetError extends InputError {
  override readonly name = 'TargetError';
  constructor(
    readonly code: TargetErrorCode,
    message: string,
    options: { cause?: unknown } = {},
  ) {
    super(message, options);
  }
}

/** True where the environment names a Proxmox VE node; otherwise the local node is meant. */
export function usesProxmox(env: Environment): boolean {
  return Boolean(env.PROXMOX_VE_ENDPOINT);
}

/**
 * The node that the lab acts on. PROXMOX_VE_ENDPOINT and the provider's other variables describe a Proxmox VE node;
 * without it, the local node's connection file does. Throws TargetError.
 */
export function readTarget(env: Environment, nodeName: string): Target {
  return usesProxmox(env) ? proxmoxTarget(env, nodeName) : localTarget(env, nodeName);
}

const connectionSchema = z.object({
  endpoint: z.url(),
  nodeName: z.string(),
  pid: z.int(),
  caFile: z.string(),
  tokenFile: z.string(),
  acceleration: z.enum(['kvm', 'tcg', 'simulated']),
  wayOut: z
    .union([z.object({ tool: z.enum(['pasta', 'slirp4netns']) }), z.object({ reason: z.string() })])
    .optional(),
  ssh: z.object({
    host: z.string(),
    port: z.int(),
    username: z.string(),
    privateKeyFile: z.string(),
    hostKeySha256: z.string(),
  }),
}) satisfies z.ZodType<ConnectionFile>;

/** What the local node wrote when it came up; undefined where it is not up. */
export function readConnection(env: Environment): ConnectionFile | undefined {
  const file = connectionFile(env);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new TargetError('connection-file-broken', `cannot read ${file}: ${(error as Error).message}`, {
      cause: error,
    });
  }
  try {
    return connectionSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new TargetError(
      'connection-file-broken',
      `${file} is not what the local node writes; take it down and up again: npm run node -- down, then up`,
      { cause: error },
    );
  }
}

function localTarget(env: Environment, nodeName: string): Target {
  const connection = readConnection(env);
  if (!connection) {
    throw new TargetError(
      'local-node-down',
      'the local node is not up: npm run node -- up (or set PROXMOX_VE_ENDPOINT to use a Proxmox VE node)',
    );
  }
  if (connection.nodeName !== nodeName) {
    throw new TargetError(
      'wrong-node',
      `the local node is named ${connection.nodeName}, but lab.yaml says node.name: ${nodeName}; correct one, or take the node down and up again: npm run node -- down, then up --name ${nodeName}`,
    );
  }
  const token = readFileSync(connection.tokenFile, 'utf8').trim();
  return Object.freeze({
    kind: 'local',
    endpoint: connection.endpoint.replace(/\/+$/, ''),
    nodeName,
    credentials: { kind: 'token', token },
    caFile: connection.caFile,
    insecure: false,
    ssh: connection.ssh,
  } satisfies Target);
}

function proxmoxTarget(env: Environment, nodeName: string): Target {
  const faults: string[] = [];
  const endpoint = endpointOf(env.PROXMOX_VE_ENDPOINT ?? '', faults);
  const credentials = credentialsOf(env, faults);
  const ssh = sshOf(env, endpoint?.hostname ?? '', credentials, faults);
  if (faults.length > 0 || !endpoint || !credentials || !ssh) {
    throw new TargetError(
      'environment-incomplete',
      `PROXMOX_VE_ENDPOINT is set, but this is missing or wrong (docs/how-to/proxmox-node.md):\n  ${faults.join('\n  ')}`,
    );
  }
  return Object.freeze({
    kind: 'proxmox',
    endpoint: endpoint.origin,
    nodeName,
    credentials,
    caFile: env.SSL_CERT_FILE ? absolute(env.SSL_CERT_FILE) : undefined,
    insecure: isTrue(env.PROXMOX_VE_INSECURE),
    ssh,
  } satisfies Target);
}

function endpointOf(text: string, faults: string[]): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.username || url?.password || /:[^/]*@/.test(text)) {
    // Not shown either: what stands before the @ is a secret.
    faults.push('PROXMOX_VE_ENDPOINT: takes no user and no password; they have variables of their own');
    return undefined;
  }
  if (url?.protocol === 'https:' && /^\/?(api2\/json\/?)?$/.test(url.pathname)) return url;
  faults.push(`PROXMOX_VE_ENDPOINT: "${text}" is not an address such as https://pve.example.org:8006`);
  return undefined;
}

function credentialsOf(env: Environment, faults: string[]): Credentials | undefined {
  const { PROXMOX_VE_API_TOKEN: token, PROXMOX_VE_USERNAME: username, PROXMOX_VE_PASSWORD: password } = env;
  if (token) {
    // The token itself is never shown, not even when it is wrong.
    if (/^[^@!=\s]+@[^@!=\s]+![^@!=\s]+=\S+$/.test(token)) return { kind: 'token', token };
    faults.push('PROXMOX_VE_API_TOKEN: must have the form user@realm!name=secret');
    return undefined;
  }
  if (username && password) {
    if (/^[^@\s]+@[^@\s]+$/.test(username)) return { kind: 'password', username, password };
    faults.push(`PROXMOX_VE_USERNAME: "${username}" must have the form user@realm, for example root@pam`);
    return undefined;
  }
  faults.push(
    username
      ? 'PROXMOX_VE_PASSWORD: goes with PROXMOX_VE_USERNAME'
      : 'PROXMOX_VE_API_TOKEN: user@realm!name=secret (or PROXMOX_VE_USERNAME and PROXMOX_VE_PASSWORD)',
  );
  return undefined;
}

/** SSH as the provider derives it from the same variables; LAB_SSH_ADDRESS and LAB_SSH_PORT are for other addresses. */
function sshOf(
  env: Environment,
  endpointHost: string,
  credentials: Credentials | undefined,
  faults: string[],
): SshTarget | undefined {
  const login = credentials?.kind === 'password' ? credentials : undefined;
  const username = env.PROXMOX_VE_SSH_USERNAME || login?.username.split('@')[0];
  const agentSocket = isTrue(env.PROXMOX_VE_SSH_AGENT)
    ? env.SSH_AUTH_SOCK || env.PROXMOX_VE_SSH_AUTH_SOCK
    : undefined;
  const privateKey = env.PROXMOX_VE_SSH_PRIVATE_KEY || undefined;
  const password = env.PROXMOX_VE_SSH_PASSWORD || login?.password;
  const port = env.LAB_SSH_PORT ? Number(env.LAB_SSH_PORT) : 22;

  if (!username) faults.push('PROXMOX_VE_SSH_USERNAME: user of the node for SSH, for example root');
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    faults.push(`LAB_SSH_PORT: "${env.LAB_SSH_PORT}" is not a port`);
  }
  if (isTrue(env.PROXMOX_VE_SSH_AGENT) && !agentSocket) {
    faults.push('SSH_AUTH_SOCK: PROXMOX_VE_SSH_AGENT is set, but no agent is running');
  } else if (!agentSocket && !privateKey && !password) {
    faults.push(
      'PROXMOX_VE_SSH_AGENT=true, PROXMOX_VE_SSH_PRIVATE_KEY (PEM text) or PROXMOX_VE_SSH_PASSWORD: one is needed for SSH',
    );
  }
  if (!username) return undefined;
  return { host: env.LAB_SSH_ADDRESS || endpointHost, port, username, agentSocket, privateKey, password };
}

function isTrue(text: string | undefined): boolean {
  return /^(1|t|true|yes|on)$/i.test(text ?? '');
}
