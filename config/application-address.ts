import type { Guest, Lab } from './lab';
import type { Role } from './role';

/** Where an application answers: the two names by which it may be asked, and knows itself. */
export interface ApplicationAddress {
  /** In the lab: 192.168.10.29, with the port where it is not that of HTTP. */
  readonly inLab: string;
  /** On this machine, where a browser opens it: 127.0.0.1:20129. */
  readonly onThisMachine: string;
}

/** A guest's own port of this machine: the digits of the lab, and the last four of the vmid. */
export function localPort(vmid: number, firstLocalPort: number): number {
  return firstLocalPort + (vmid % 10_000);
}

export function applicationAddress(
  { localPorts }: Pick<Lab, 'localPorts'>,
  { vmid, address }: Pick<Guest, 'vmid' | 'address'>,
  { port }: Pick<Role, 'port'>,
): ApplicationAddress {
  return {
    inLab: port === 80 ? address : `${address}:${port}`,
    onThisMachine: `127.0.0.1:${localPort(vmid, localPorts)}`,
  };
}

/**
 * The end of a guest's description, by which a local node learns what it may forward: which port of this machine leads to
 * which of the guest. A Proxmox VE node shows it, and does nothing with it.
 */
export function forwardNote(local: number, port: number): string {
  return `port ${port} at 127.0.0.1:${local}`;
}

/** What forwardNote() has written; undefined where a description ends otherwise. */
export function readForwardNote(
  description: string,
): { readonly local: number; readonly port: number } | undefined {
  const [, port, local] = /\bport (\d{1,5}) at 127\.0\.0\.1:(\d{4,5})\s*$/.exec(description) ?? [];
  return port === undefined ? undefined : { local: Number(local), port: Number(port) };
}
