import type { Target } from '../config/target';

/** The API of the node could not be reached or trusted; the message says which, where, and what to do. */
export class NodeUnreachableError extends Error {
  override readonly name = 'NodeUnreachableError';
  constructor(endpoint: string, cause: unknown, { caFile, proxy }: Pick<Target, 'caFile' | 'proxy'> = {}) {
    const reason = (proxy && proxyFault(cause, new URL(proxy))) ?? explain(cause, new URL(endpoint), caFile);
    super(`${endpoint}: ${reason}`, { cause });
  }
}

/** Undefined where it is no fault of the proxy's. Never says its user and password. */
function proxyFault(cause: unknown, { host }: URL): string | undefined {
  const { code = '', message = String(cause) } = cause as { code?: string; message?: string };
  const remedy = 'correct HTTPS_PROXY, or name the node in NO_PROXY';
  const refusal = /Proxy response \((\d+)\)/.exec(message)?.[1];
  if (refusal) return `the proxy ${host} refuses to connect to it (${refusal}); ${remedy}`;
  const unreachable =
    /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT)$/;
  return unreachable.test(code) ? `the proxy ${host} cannot be reached (${code}); ${remedy}` : undefined;
}

function explain(cause: unknown, { hostname, port }: URL, caFile?: string): string {
  const { code = '', message = String(cause) } = cause as { code?: string; message?: string };
  switch (code) {
    case 'ECONNREFUSED':
      return `nothing listens on port ${port || 443}; is the node up, are host and port right? (Proxmox VE: 8006)`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `no such host: ${hostname}; is the name right, and does its lookup work here?`;
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'UND_ERR_CONNECT_TIMEOUT':
      return 'no answer; is the node up, and may this machine reach it through network and firewall?';
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `the certificate is for other names than ${hostname} (${message}); use one of those names`;
    case 'CERT_HAS_EXPIRED':
    case 'CERT_NOT_YET_VALID':
      return `${message}; renew the certificate, or correct the clock of this machine`;
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
      if (caFile) {
        return `the CA in ${caFile} (SSL_CERT_FILE) is not the one that signed the node's certificate (${message}); give the node's own, /etc/pve/pve-root-ca.pem on the node`;
      }
      return `the certificate is signed by no CA that is trusted here (${message}); give the node's own CA with SSL_CERT_FILE (/etc/pve/pve-root-ca.pem on the node), or set PROXMOX_VE_INSECURE=true`;
    default:
      return /wrong version number|packet length too long|http request/i.test(message)
        ? 'what answers there does not speak TLS, so it is no Proxmox VE API; are host and port right?'
        : message.trim();
  }
}
