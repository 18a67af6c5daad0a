/** Text of an SSH private key, as a variable of the environment holds it. Nothing of it is ever shown. */

/** Why the provider could not use it; undefined where it can. */
export function sshKeyFault(text: string): string | undefined {
  const key = text.trim();
  if (!key.includes('-----BEGIN')) {
    return /^[~./]/.test(key)
      ? 'is a path; it must be the key itself: "$(cat PATH)"'
      : 'is no private key: it must begin with -----BEGIN';
  }
  if (/^-----BEGIN[^-]*PUBLIC KEY/.test(key)) return 'is a public key; it must be the private one';
  if (!key.includes('\n')) {
    return key.includes('\\n')
      ? 'has \\n written out, as two characters; it needs real ends of lines: "$(cat PATH)"'
      : 'has no ends of lines: set it with quotes around it, "$(cat PATH)"';
  }
  if (isEncrypted(key)) return 'has a passphrase; put it into an SSH agent and set PROXMOX_VE_SSH_AGENT=true';
  return undefined;
}

/** PEM says it in its header; OpenSSH's own format names its cipher behind its magic (PROTOCOL.key). */
function isEncrypted(key: string): boolean {
  if (/^-----BEGIN ENCRYPTED|^Proc-Type: 4,ENCRYPTED/m.test(key)) return true;
  if (!key.startsWith('-----BEGIN OPENSSH')) return false;
  const data = Buffer.from(key.replace(/-----[^-]+-----/g, ''), 'base64');
  const magic = 'openssh-key-v1\0';
  if (data.toString('latin1', 0, magic.length) !== magic || data.length < magic.length + 4) return false;
  const length = data.readUInt32BE(magic.length);
  return data.toString('latin1', magic.length + 4, magic.length + 4 + length) !== 'none';
}
