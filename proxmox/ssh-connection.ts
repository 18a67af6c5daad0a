import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type ConnectConfig, Client as SshClient } from 'ssh2';
import { environment, knownHostsFile } from '../config';
import type { SshTarget } from '../config/target';
import { type KnownHost, lookUp } from './known-hosts';

/** The node could not be reached or trusted over SSH; the message says what to do. */
export class ShellConnectionError extends Error {
  override readonly name = 'ShellConnectionError';
  /** Whether key or login was refused, so that trying again does not help. */
  readonly refused: boolean;
  constructor(message: string, options: ErrorOptions & { readonly refused?: boolean } = {}) {
    super(message, options);
    this.refused = options.refused ?? false;
  }
}

/** One connection to the node. Throws ShellConnectionError where host, key or login is wrong. */
export function openSsh(target: SshTarget, where: string, readySeconds: number): Promise<SshClient> {
  const file = knownHostsFile(environment);
  const known = target.hostKeySha256 ? undefined : knownHost(file, target);
  let refusal: string | undefined;
  const config: ConnectConfig = {
    host: target.host,
    port: target.port,
    username: target.username,
    readyTimeout: readySeconds * 1000,
    keepaliveInterval: 15_000,
    keepaliveCountMax: 4,
    hostVerifier: (key: Buffer) => {
      refusal = keyFault(key, target, known, file);
      return refusal === undefined;
    },
    ...privateKey(target),
    ...(target.agentSocket ? { agent: target.agentSocket } : {}),
    ...(target.password ? { password: target.password } : {}),
    ...(known && known.types.length > 0 ? { algorithms: { serverHostKey: hostKeyAlgorithms(known) } } : {}),
  };
  return new Promise((resolve, reject) => {
    const client = new SshClient();
    client.once('ready', () => {
      client.removeListener('error', failed);
      resolve(client);
    });
    const failed = (error: Error & { level?: string; code?: string }) => {
      client.destroy();
      const refused = refusal !== undefined || error.level === 'client-authentication';
      const message = `ssh ${where}: ${refusal ?? advice(error, target)}`;
      reject(new ShellConnectionError(message, { cause: error, refused }));
    };
    client.on('error', failed);
    client.connect(config);
    // A command is a few small messages: none may wait for the acknowledgement of the one before.
    client.setNoDelay(true);
  });
}

function privateKey({ privateKey: text, privateKeyFile: file }: SshTarget): ConnectConfig {
  if (text) return { privateKey: text };
  if (!file) return {};
  try {
    return { privateKey: readFileSync(file) };
  } catch (error) {
    throw new ShellConnectionError(`the SSH key ${file} cannot be read`, { cause: error });
  }
}

function knownHost(file: string, target: SshTarget): KnownHost {
  let text = '';
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    // No file knows no host.
  }
  return lookUp(text, target.host, target.port);
}

/** known_hosts says ssh-rsa for a key that signs with any of three algorithms. */
function hostKeyAlgorithms(known: KnownHost): NonNullable<ConnectConfig['algorithms']>['serverHostKey'] {
  return known.types.flatMap((type) =>
    type === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256'] : [type],
  ) as NonNullable<ConnectConfig['algorithms']>['serverHostKey'];
}

function keyFault(
  key: Buffer,
  target: SshTarget,
  known: KnownHost | undefined,
  file: string,
): string | undefined {
  const shown = createHash('sha256').update(key).digest('base64').replace(/=+$/, '');
  if (!known) {
    if (shown === target.hostKeySha256?.replace(/=+$/, '')) return undefined;
    return `the host key SHA256:${shown} is not the one that the local node wrote down; another program answers on this port`;
  }
  const text = key.toString('base64');
  if (known.revoked.includes(text)) return `the host key SHA256:${shown} is marked as revoked in ${file}`;
  if (known.keys.includes(text)) return undefined;
  if (known.keys.length === 0) {
    const own = `ssh-keygen -lf /etc/ssh/ssh_host_${keyKind(key)}_key.pub`;
    const accept = `ssh -p ${target.port} ${target.username}@${target.host}`;
    return `the host key SHA256:${shown} is not known yet; compare it with the node's own (${own} there), then accept it once (${accept})`;
  }
  return `the host key has changed to SHA256:${shown}; if the node was installed again, remove the old key with ssh-keygen -R`;
}

/** Of a public key in the wire format, which begins with the length and name of its type: rsa, ecdsa or ed25519. */
function keyKind(key: Buffer): string {
  const type = key.toString('latin1', 4, 4 + key.readUInt32BE(0));
  return type.replace(/^ssh-/, '').replace(/-.*$/, '');
}

function advice(error: Error & { level?: string; code?: string }, target: SshTarget): string {
  if (error.level === 'client-authentication') {
    const ways = [
      target.privateKey && 'the key given',
      target.privateKeyFile && `the key ${target.privateKeyFile}`,
      target.agentSocket && 'the SSH agent',
      target.password && 'the password',
    ].filter(Boolean);
    return `login refused with ${ways.join(', ') || 'nothing: no key, agent or password is set'}`;
  }
  if (error.code === 'ECONNREFUSED') return 'nothing listens there; is the node up, are host and port right?';
  if (error.code === 'ENOTFOUND') return `no such host: ${target.host}`;
  return error.message;
}
