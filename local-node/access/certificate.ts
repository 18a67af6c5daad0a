import { createPrivateKey, generateKeyPair, X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readStateFile, writeStateFile } from '../base/state-file';

const DAYS = 3650;
/** A certificate that ends within this time is replaced at the next start, milliseconds. */
const RENEW_BEFORE = 30 * 24 * 3600 * 1000;

export interface Certificate {
  readonly certificate: string;
  readonly key: string;
  /** PEM file to trust: the certificate is its own CA. */
  readonly caFile: string;
}

/** The node's certificate for loopback, in etc/pve/local as on Proxmox VE; made if absent, unreadable, not valid now, or for another name. */
export async function ensureCertificate(stateDir: string, nodeName: string): Promise<Certificate> {
  // The clients' clock is what counts. The node's own is moved by tests, to times that no certificate can hold:
  // clients then call its dates malformed.
  const now = Date.now();
  const caFile = certificatePath(stateDir);
  const keyFile = join(stateDir, 'etc', 'pve', 'local', 'pve-ssl.key');
  const certificate = readStateFile(caFile);
  const key = readStateFile(keyFile);
  if (certificate && key && good(certificate, key, nodeName, now)) return { certificate, key, caFile };

  // Loaded here only, because it is needed once in the life of a node.
  const { generate } = await import('selfsigned');
  // Not as an argument: the package's types do not know keyPair.
  const options = {
    days: DAYS,
    keyPair: await rsaKeyPair(),
    algorithm: 'sha256',
    // A client's clock may be a little behind.
    notBeforeDate: new Date(now - 24 * 3600 * 1000),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, digitalSignature: true, keyEncipherment: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: nodeName },
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
          { type: 7, ip: '::1' },
        ],
      },
    ],
  };
  const made = generate([{ name: 'commonName', value: nodeName }], options);
  // The key goes first: a certificate without its key would be taken for whole.
  await writeStateFile(keyFile, made.private);
  await writeStateFile(caFile, made.cert);
  return { certificate: made.cert, key: made.private, caFile };
}

/** By Node.js itself: a key made in JavaScript takes seconds on a busy machine. */
function rsaKeyPair(): Promise<{ publicKey: string; privateKey: string }> {
  return promisify(generateKeyPair)('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
}

/** SHA-256 of the node's certificate in colon notation; undefined before the server has run once. */
export function certificateFingerprint(stateDir: string): string | undefined {
  const text = readStateFile(certificatePath(stateDir));
  return text === undefined ? undefined : new X509Certificate(text).fingerprint256;
}

function certificatePath(stateDir: string): string {
  return join(stateDir, 'etc', 'pve', 'local', 'pve-ssl.pem');
}

/** False also for what a crash or a wrong clock left: text cut off, a key of another certificate, dates that are none. */
function good(text: string, keyText: string, nodeName: string, now: number): boolean {
  try {
    const certificate = new X509Certificate(text);
    return (
      certificate.checkHost(nodeName) !== undefined &&
      certificate.checkIP('127.0.0.1') !== undefined &&
      certificate.checkPrivateKey(createPrivateKey(keyText)) &&
      Date.parse(certificate.validFrom) <= now &&
      Date.parse(certificate.validTo) - now > RENEW_BEFORE
    );
  } catch {
    return false;
  }
}
