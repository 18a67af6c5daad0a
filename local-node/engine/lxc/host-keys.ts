import { createHash, generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import { utils } from 'ssh2';
import type { RootFile } from '../container-engine';

/** Of host keys, by the names of their files. */
const KINDS = ['rsa', 'ecdsa', 'ed25519'] as const;
const PUBLIC = { type: 'spki', format: 'pem' } as const;
const newKey = promisify(generateKeyPair);

/** A private key in the form that OpenSSH reads. */
async function privateKey(kind: (typeof KINDS)[number]): Promise<string> {
  switch (kind) {
    case 'rsa': {
      const privateKeyEncoding = { type: 'pkcs1', format: 'pem' } as const;
      return (await newKey('rsa', { modulusLength: 3072, publicKeyEncoding: PUBLIC, privateKeyEncoding }))
        .privateKey;
    }
    case 'ecdsa': {
      const privateKeyEncoding = { type: 'sec1', format: 'pem' } as const;
      return (await newKey('ec', { namedCurve: 'prime256v1', publicKeyEncoding: PUBLIC, privateKeyEncoding }))
        .privateKey;
    }
    case 'ed25519': {
      // OpenSSH's own format, which node has not. Now and then the library makes a key that cannot be read.
      for (;;) {
        const made = utils.generateKeyPairSync('ed25519').private;
        if (!(utils.parseKey(made) instanceof Error)) return made;
      }
    }
  }
}

/** SSH host keys, new for each container, as its SSH server looks for them. */
export async function hostKeys(hostname: string, log: (line: string) => void): Promise<RootFile[]> {
  const files: RootFile[] = [];
  for (const kind of KINDS) {
    const path = `/etc/ssh/ssh_host_${kind}_key`;
    log(`Creating SSH host key 'ssh_host_${kind}_key' - this may take some time ...`);
    const pem = await privateKey(kind);
    const key = utils.parseKey(pem);
    if (key instanceof Error) throw key;
    const raw = key.getPublicSSH();
    const digest = createHash('sha256').update(raw).digest('base64').replace(/=+$/, '');
    log(`done: SHA256:${digest} root@${hostname}`);
    files.push({ path, text: pem, mode: 0o600 });
    files.push({ path: `${path}.pub`, text: `${key.type} ${raw.toString('base64')} root@${hostname}\n` });
  }
  return files;
}
