import { createPrivateKey, X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { readStateFile, writeStateFile } from '../base/state-file';
import { selfSigned } from './self-signed';

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

  const made = await selfSigned({
    commonName: nodeName,
    hosts: [nodeName, 'localhost', '127.0.0.1', '::1'],
    // A client's clock may be a little behind.
    notBefore: new Date(now - 24 * 3600 * 1000),
    notAfter: new Date(now + DAYS * 24 * 3600 * 1000),
  });
  // The key goes first: a certificate without its key would be taken for whole.
  await writeStateFile(keyFile, made.key);
  await writeStateFile(caFile, made.certificate);
  return { ...made, caFile };
}

/** SHA-256 of the node's certificate in colon notation; undefined before the server has run once. */
export function certificateFingerprint(stateDir: string): string | undefined {
  const text = readStateFile(certificatePath(stateDir));
  return text === undefined ? undefined : new X509Certificate(text).fingerprint256;
}

export function certificatePath(stateDir: string): string {
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
