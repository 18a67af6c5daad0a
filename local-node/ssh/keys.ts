import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type ParsedKey, utils } from 'ssh2';
import { writeWholeFile } from '../../machine/whole-file';

export interface SshKeys {
  /** Private key of the server, PEM. */
  readonly hostKey: string;
  /** Base64 of the SHA-256 of the host's public key, without padding, as ssh-keygen -l prints it. */
  readonly hostKeySha256: string;
  /** The key that clients may log in with. */
  readonly clientKey: ParsedKey;
  /** PEM file without a passphrase, as the Terraform provider reads it. */
  readonly clientKeyFile: string;
}

/**
 * The keys, made on first use and kept. The client's is in STATE/ssh. The host key is in `hostKeyFile`, which outlives
 * STATE: the Terraform provider remembers it by address and port in the user's known_hosts and refuses another one, and
 * every clone of the project serves at the same address and port.
 */
export async function sshKeys(stateDir: string, hostKeyFile: string): Promise<SshKeys> {
  const directory = join(stateDir, 'ssh');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const clientKeyFile = join(directory, 'id_ecdsa');
  await mkdir(dirname(hostKeyFile), { recursive: true, mode: 0o700 });
  const hostKey = await keptKey(hostKeyFile);
  const clientKey = parse(await keptKey(clientKeyFile), clientKeyFile);
  const hostKeySha256 = createHash('sha256')
    .update(parse(hostKey, 'host key').getPublicSSH())
    .digest('base64')
    .replace(/=+$/, '');
  return { hostKey, hostKeySha256, clientKey, clientKeyFile };
}

async function keptKey(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const pem = newPrivateKey();
  await writeWholeFile(file, pem, { mode: 0o600 });
  return pem;
}

/** An ECDSA key in the form that OpenSSH, Go and ssh2 all read. (ssh2's own generator now and then makes a broken one.) */
export function newPrivateKey(): string {
  return generateKeyPairSync('ec', {
    namedCurve: 'prime256v1',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'sec1', format: 'pem' },
  }).privateKey;
}

function parse(pem: string, file: string): ParsedKey {
  const key = utils.parseKey(pem);
  if (key instanceof Error) throw new Error(`${file} is no private key that can be read: ${key.message}`);
  return key;
}
