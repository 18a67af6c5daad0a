import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { readStateFile, writeStateFile } from '../state-file';

const DAYS = 3650;
/** A certificate that ends within this time is replaced at the next start, milliseconds. */
const RENEW_BEFORE = 30 * 24 * 3600 * 1000;

export interface Certificate {
  readonly certificate: string;
  readonly key: string;
  /** PEM file to trust: the certificate is its own authority. */
  readonly caFile: string;
}

/** The node's certificate for loopback, in etc/pve/local as on Proxmox VE; made if absent, too old, or for another name. */
export async function ensureCertificate(stateDir: string, nodeName: string): Promise<Certificate> {
  // The clients' clock is what counts, not the node's, which tests move.
  const now = Date.now();
  const caFile = certificatePath(stateDir);
  const keyFile = join(stateDir, 'etc', 'pve', 'local', 'pve-ssl.key');
  const certificate = readStateFile(caFile);
  const key = readStateFile(keyFile);
  if (certificate && key && good(certificate, nodeName, now)) return { certificate, key, caFile };

  // Loaded here only, because it is needed once in the life of a node.
  const { generate } = await import('selfsigned');
  const made = generate([{ name: 'commonName', value: nodeName }], {
    days: DAYS,
    keySize: 2048,
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
  });
  // The key goes first: a certificate without its key would be taken for whole.
  await writeStateFile(keyFile, made.private);
  await writeStateFile(caFile, made.cert);
  return { certificate: made.cert, key: made.private, caFile };
}

/** SHA-256 of the node's certificate in colon notation; undefined before the server has run once. */
export function certificateFingerprint(stateDir: string): string | undefined {
  const text = readStateFile(certificatePath(stateDir));
  return text === undefined ? undefined : new X509Certificate(text).fingerprint256;
}

function certificatePath(stateDir: string): string {
  return join(stateDir, 'etc', 'pve', 'local', 'pve-ssl.pem');
}

function good(text: string, nodeName: string, now: number): boolean {
  const certificate = new X509Certificate(text);
  const fits =
    certificate.checkHost(nodeName) !== undefined && certificate.checkIP('127.0.0.1') !== undefined;
  return fits && Date.parse(certificate.validTo) - now > RENEW_BEFORE;
}
