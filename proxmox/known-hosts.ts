import { createHmac } from 'node:crypto';

/** What a known_hosts file says about one host. */
export interface KnownHost {
  /** Key types on record, for example ssh-ed25519; the server must be asked for one of these. */
  readonly types: readonly string[];
  /** Public keys in the wire format, base64. */
  readonly keys: readonly string[];
  readonly revoked: readonly string[];
}

/**
 * Looks a host up in the text of a known_hosts file (format: sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"): plain, hashed,
 * wildcard and negated names. Lines of certificate authorities are passed over, since ssh2 checks no certificates.
 */
export function lookUp(text: string, host: string, port: number): KnownHost {
  const name = port === 22 ? host : `[${host}]:${port}`;
  const types = new Set<string>();
  const keys: string[] = [];
  const revoked: string[] = [];
  for (const line of text.split('\n')) {
    const words = line.trim().split(/\s+/);
    const marker = words[0]?.startsWith('@') ? words.shift() : undefined;
    const [names, type, key] = words;
    if (!names || !type || !key || names.startsWith('#') || !matches(names, name)) continue;
    if (marker === '@revoked') revoked.push(key);
    if (marker) continue;
    types.add(type);
    keys.push(key);
  }
  return { types: [...types], keys, revoked };
}

function matches(names: string, name: string): boolean {
  if (names.startsWith('|1|')) {
    const [, , salt, hash] = names.split('|');
    return (
      createHmac('sha1', Buffer.from(salt ?? '', 'base64'))
        .update(name)
        .digest('base64') === hash
    );
  }
  const patterns = names.split(',');
  const fits = (pattern: string) => wildcard(pattern).test(name);
  if (patterns.some((pattern) => pattern.startsWith('!') && fits(pattern.slice(1)))) return false;
  return patterns.some(fits);
}

function wildcard(pattern: string): RegExp {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replace(/\*/g, '.*').replace(/\?/g, '.')}$`, 'i');
}
