import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where Go, in which the provider is written, looks for the system's CAs (crypto/x509, root_linux.go). */
const SYSTEM_FILES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/tls/cacert.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
];
const SYSTEM_DIRECTORIES = ['/etc/ssl/certs', '/etc/pki/tls/certs'];

export interface TrustSettings {
  /** SSL_CERT_FILE. */
  readonly caFile?: string;
  /** SSL_CERT_DIR. */
  readonly caDirectories?: readonly string[];
}

/**
 * The CAs that the provider trusts, so that the lab's own calls trust the same: one file and the files of directories,
 * each the system's where none is given. Undefined where there are none at all: Node.js then trusts its own. Throws where
 * the file that was given cannot be read.
 */
export function trustedCertificates({ caFile, caDirectories }: TrustSettings): readonly string[] | undefined {
  const file = caFile ? readGiven(caFile) : firstOf(SYSTEM_FILES);
  const texts = [file, ...(caDirectories ?? SYSTEM_DIRECTORIES).flatMap(filesOf)];
  const certificates = new Set(
    texts.flatMap((text) => text?.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []),
  );
  return certificates.size > 0 ? [...certificates] : undefined;
}

function readGiven(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`the CA certificate ${file} (SSL_CERT_FILE) cannot be read`, { cause: error });
  }
}

function firstOf(files: readonly string[]): string | undefined {
  for (const file of files) {
    const text = readIfThere(file);
    if (text !== undefined) return text;
  }
  return undefined;
}

/** Files that cannot be read are passed over, as Go does it. */
function filesOf(directory: string): readonly string[] {
  try {
    return readdirSync(directory).flatMap((name) => readIfThere(join(directory, name)) ?? []);
  } catch {
    return [];
  }
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
