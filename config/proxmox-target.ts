import { absolute, type Environment } from './paths';
import { sshKeyFault } from './ssh-key';
import type { Credentials, SshTarget, Target } from './target';
import { TargetError } from './target-error';

/**
 * A Proxmox VE node as the provider's variables describe it. What the provider would read otherwise than the lab is refused,
 * or given to the provider in the form that was read here (provider-connection.ts). Throws TargetError.
 */
export function proxmoxTarget(env: Environment, nodeName: string): Target {
  const faults: string[] = [];
  const endpoint = endpointOf(env.PROXMOX_VE_ENDPOINT ?? '', faults);
  const credentials = credentialsOf(env, faults);
  const ssh = sshOf(env, hostOf(endpoint?.hostname ?? ''), credentials, faults);
  const oldestTls = oldestTlsOf(env, faults);
  const insecure = flag('PROXMOX_VE_INSECURE', env, faults);
  if (faults.length > 0 || !endpoint || !credentials || !ssh || !oldestTls) {
    throw new TargetError(
      'environment-incomplete',
      `PROXMOX_VE_ENDPOINT is set, but this is missing or wrong (docs/how-to/real-proxmox.md):\n  ${faults.join('\n  ')}`,
    );
  }
  return Object.freeze({
    kind: 'proxmox',
    endpoint: endpoint.origin,
    nodeName,
    credentials,
    caFile: env.SSL_CERT_FILE ? absolute(env.SSL_CERT_FILE) : undefined,
    caDirectories: env.SSL_CERT_DIR ? env.SSL_CERT_DIR.split(':').filter(Boolean) : undefined,
    oldestTls,
    insecure,
    ssh,
  } satisfies Target);
}

/** An address as it is copied out of a browser will do: what stands behind host and port is dropped. */
function endpointOf(text: string, faults: string[]): URL | undefined {
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : undefined;
  if (url?.username || url?.password || /:[^/]*@/.test(text)) {
    // Not shown either: what stands before the @ is a secret.
    faults.push('PROXMOX_VE_ENDPOINT: takes no user and no password; they have variables of their own');
    return undefined;
  }
  if (url?.protocol === 'https:' && /^\/?(api2\/json\/?)?$/.test(url.pathname)) return url;
  faults.push(`PROXMOX_VE_ENDPOINT: "${text}" is not an address such as https://pve.example.org:8006`);
  return undefined;
}

/** The brackets of an IPv6 address belong to the URL, not to the host. */
function hostOf(text: string): string {
  return text.replace(/^\[(.*)\]$/, '$1');
}

const TLS_VERSIONS = { '1.0': 'TLSv1', '1.1': 'TLSv1.1', '1.2': 'TLSv1.2', '1.3': 'TLSv1.3' } as const;

/** The provider speaks TLS 1.3 alone unless it is told otherwise. */
function oldestTlsOf(env: Environment, faults: string[]): Target['oldestTls'] {
  const text = (env.PROXMOX_VE_MIN_TLS ?? '').trim() || '1.3';
  const version = Object.entries(TLS_VERSIONS).find(([name]) => name === text)?.[1];
  if (!version) {
    faults.push(`PROXMOX_VE_MIN_TLS: "${text}" is none of ${Object.keys(TLS_VERSIONS).join(', ')}`);
  }
  return version;
}

function credentialsOf(env: Environment, faults: string[]): Credentials | undefined {
  const { PROXMOX_VE_API_TOKEN: token, PROXMOX_VE_USERNAME: username, PROXMOX_VE_PASSWORD: password } = env;
  if (token) {
    // The token itself is never shown, not even when it is wrong.
    if (/^[^@!=\s]+@[^@!=\s]+![^@!=\s]+=[A-Za-z0-9-]+$/.test(token)) return { kind: 'token', token };
    faults.push('PROXMOX_VE_API_TOKEN: must have the form user@realm!name=secret');
    return undefined;
  }
  if (env.PROXMOX_VE_AUTH_TICKET && env.PROXMOX_VE_CSRF_PREVENTION_TOKEN) {
    faults.push('PROXMOX_VE_AUTH_TICKET: a ticket ends after two hours; unset it and set an API token');
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
  const agent = flag('PROXMOX_VE_SSH_AGENT', env, faults);
  const agentSocket = agent ? env.SSH_AUTH_SOCK || env.PROXMOX_VE_SSH_AUTH_SOCK : undefined;
  const privateKey = env.PROXMOX_VE_SSH_PRIVATE_KEY || undefined;
  const password = env.PROXMOX_VE_SSH_PASSWORD || login?.password;
  const port = env.LAB_SSH_PORT ? Number(env.LAB_SSH_PORT) : 22;

  if (!username) faults.push('PROXMOX_VE_SSH_USERNAME: user of the node for SSH, for example root');
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    faults.push(`LAB_SSH_PORT: "${env.LAB_SSH_PORT}" is not a port`);
  }
  const keyFault = privateKey === undefined ? undefined : sshKeyFault(privateKey);
  if (keyFault) faults.push(`PROXMOX_VE_SSH_PRIVATE_KEY: ${keyFault}`);
  if (env.PROXMOX_VE_SSH_SOCKS5_SERVER) {
    faults.push(
      'PROXMOX_VE_SSH_SOCKS5_SERVER: measuring cannot go through it; forward a port, and set LAB_SSH_ADDRESS and LAB_SSH_PORT',
    );
  }
  if (agent && !agentSocket) {
    faults.push('SSH_AUTH_SOCK: PROXMOX_VE_SSH_AGENT is set, but no agent is running');
  } else if (!agentSocket && !privateKey && !password) {
    faults.push(
      'PROXMOX_VE_SSH_AGENT=true, PROXMOX_VE_SSH_PRIVATE_KEY (PEM text) or PROXMOX_VE_SSH_PASSWORD: one is needed for SSH',
    );
  }
  if (!username) return undefined;
  return {
    host: hostOf(env.LAB_SSH_ADDRESS || endpointHost),
    port,
    username,
    agentSocket,
    privateKey,
    password,
  };
}

/** The provider knows `true` and `1`; other words for it reach it as what was read here. */
function flag(name: string, env: Environment, faults: string[]): boolean {
  const text = (env[name] ?? '').trim();
  if (/^(1|t|true|yes|on)$/i.test(text)) return true;
  if (!/^(0|f|false|no|off)?$/i.test(text)) faults.push(`${name}: "${text}" is neither true nor false`);
  return false;
}
