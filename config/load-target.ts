import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { httpProxy } from './http-proxy';
import { connectionFile, type Environment, nodeStateDirectory, serialLogs } from './paths';
import { proxmoxTarget } from './proxmox-target';
import { whyUnreadable } from './read-text';
import type { ConnectionFile, Target } from './target';
import { TargetError } from './target-error';

export { TargetError };

/** True where the environment names a Proxmox VE node; otherwise the local node is meant. */
export function usesProxmox(env: Environment): boolean {
  return Boolean(env.PROXMOX_VE_ENDPOINT);
}

/**
 * The node that the lab acts on. PROXMOX_VE_ENDPOINT and the provider's other variables describe a Proxmox VE node;
 * without it, the local node's connection file does. Throws TargetError.
 */
export function readTarget(env: Environment, nodeName: string): Target {
  if (!usesProxmox(env)) return localTarget(env, nodeName);
  const target = proxmoxTarget(env, nodeName);
  const proxy = httpProxy(target.endpoint, env);
  return proxy === undefined ? target : Object.freeze({ ...target, proxy });
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
  forwards: z.boolean().optional(),
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
    throw unreadable(file, error);
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
  const token = readToken(connection.tokenFile);
  return Object.freeze({
    kind: 'local',
    endpoint: connection.endpoint.replace(/\/+$/, ''),
    nodeName,
    credentials: { kind: 'token', token },
    caFile: connection.caFile,
    insecure: false,
    serialLogs: serialLogs(nodeStateDirectory(env)),
    ssh: connection.ssh,
  } satisfies Target);
}

function readToken(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw unreadable(file, error);
  }
}

function unreadable(file: string, cause: unknown): TargetError {
  return new TargetError(
    'connection-file-broken',
    `cannot read ${file}, which the local node wrote: ${whyUnreadable(cause)}; take it down and up again: npm run node -- down, then up`,
    { cause },
  );
}
