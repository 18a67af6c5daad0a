import { type Finding, fault, ok } from './finding';
import type { NodeFacts } from './node-facts';

/** Proxmox VE imports disk images through its API from here on. */
const OLDEST = { major: 8, minor: 4 };

/** Endpoint, certificate, login and version. */
export function checkApi({ endpoint, version, login }: NodeFacts): readonly Finding[] {
  const subject = 'Proxmox VE API';
  if ('fault' in version) {
    if (version.status === undefined) return [fault(subject, version.fault, 'docs/how-to/real-proxmox.md')];
    if (version.status === 401) {
      const found = `${endpoint} refuses the login as ${login.shown} (${version.fault})`;
      return [fault(subject, found, `correct ${login.variables}`)];
    }
    if (version.status < 400 || version.status === 404) {
      const found = `${endpoint}: what answers there is no Proxmox VE API`;
      return [fault(subject, found, 'are host and port right? (Proxmox VE: 8006)')];
    }
    return [fault(subject, `${endpoint}: ${version.fault}`, 'docs/how-to/real-proxmox.md')];
  }
  const [major = 0, minor = 0] = version.value.split('.').map(Number);
  if (major < OLDEST.major || (major === OLDEST.major && minor < OLDEST.minor)) {
    const found = `version ${version.value} cannot import disk images through its API`;
    return [fault(subject, found, `upgrade the node to ${OLDEST.major}.${OLDEST.minor} or later`)];
  }
  return [ok(subject, `${endpoint}, version ${version.value}`)];
}
