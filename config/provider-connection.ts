import { sep } from 'node:path';
import type { Lab } from './lab';
import { readTarget, usesProxmox } from './load-target';
import { connectionFile, type Environment, nodeStateDirectory } from './paths';

/**
 * How the Terraform provider reaches the node. Nothing here is secret: of the local node it names the file from which
 * Terraform itself reads address and token, so that a stack is synthesized whether the node is up or not and no secret
 * is in it; of a Proxmox VE node it is given what was read of its variables, and reads the secret ones itself.
 */
export type ProviderConnection =
  | { readonly kind: 'local'; readonly connectionFile: string; readonly insecure: boolean }
  | {
      readonly kind: 'proxmox';
      readonly endpoint: string;
      readonly insecure: boolean;
      readonly ssh: {
        readonly address: string;
        readonly port: number;
        readonly username: string;
        readonly agent: boolean;
      };
    };

/** Throws TargetError where the environment describes a Proxmox VE node incompletely. */
export function providerConnection(lab: Pick<Lab, 'nodeName'>, env: Environment): ProviderConnection {
  if (!usesProxmox(env)) {
    return { kind: 'local', connectionFile: connectionFile(env), insecure: !trustsLocalNode(env) };
  }
  const { endpoint, insecure, ssh } = readTarget(env, lab.nodeName);
  const { host: address, port, username, agentSocket } = ssh;
  return {
    ...{ kind: 'proxmox', endpoint, insecure },
    ssh: { address, port, username, agent: agentSocket !== undefined },
  };
}

/**
 * The provider takes no CA of its own; a program written in Go trusts what SSL_CERT_DIR and SSL_CERT_FILE name. The
 * npm scripts put the local node's CA there. A plain `npx cdktf deploy` cannot, so there the check of the certificate
 * is switched off, and only there: the local node listens on loopback alone, and the token that goes to it is in a file
 * that only this user can read. For a Proxmox VE node the check is off only where the user says PROXMOX_VE_INSECURE.
 */
function trustsLocalNode(env: Environment): boolean {
  const state = nodeStateDirectory(env) + sep;
  return [env.SSL_CERT_FILE, ...(env.SSL_CERT_DIR ?? '').split(':')].some((path) => path?.startsWith(state));
}
