import type { Guest } from '../config/lab';
import type { ApiClient } from './api-client';

/** Why a guest could not be asked: its agent is not there (yet), or the guest itself is not. */
export type AccessFault = 'agent-absent' | 'command-disabled' | 'guest-stopped' | 'guest-vanished';

/** Thrown when a guest could not be asked; anything else that goes wrong is the error of the node itself. */
export class GuestAccessError extends Error {
  override readonly name = 'GuestAccessError';
  constructor(
    readonly vmid: number,
    readonly fault: AccessFault,
    options: { cause: Error },
  ) {
    super(`guest ${vmid}: ${options.cause.message}`, options);
  }
}

/** A program in the guest that had not ended in time; it is left running. */
export class ExecTimeoutError extends Error {
  override readonly name = 'ExecTimeoutError';
}

export interface ExecResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ExecOptions {
  readonly input?: string;
  /** Default 60. */
  readonly timeoutSeconds?: number;
}

/**
 * The inside of a guest, without any network path to it: a VM's by its guest agent, a container's by `pct exec` on its node.
 * Every call throws GuestAccessError where the guest could not be asked.
 */
export interface GuestAccess {
  /**
   * Runs a program (no shell) as root in the guest and waits until it has ended. A program killed by a signal has the
   * exit code 128 + signal. Throws ExecTimeoutError if it still runs after `timeoutSeconds`.
   */
  exec(command: readonly string[], options?: ExecOptions): Promise<ExecResult>;
  /** The text of a file in the guest, at most 16 MiB; undefined where there is no such file. */
  readFile(file: string): Promise<string | undefined>;
}

/** Path of a guest in the API, for example nodes/pve/lxc/129/status/current. */
export function guestPath(
  client: Pick<ApiClient, 'node'>,
  guest: Pick<Guest, 'kind' | 'vmid' | 'node'>,
  rest: string,
): string {
  const type = guest.kind === 'container' ? 'lxc' : 'qemu';
  return client.node([type, guest.vmid, rest].filter((part) => part !== '').join('/'), guest.node);
}

/** What a guest is called in messages: `VM 129`, `container 129`. */
export function guestInWords({ kind, vmid }: Pick<Guest, 'kind' | 'vmid'>): string {
  return `${kind === 'container' ? 'container' : 'VM'} ${vmid}`;
}

/** A guest's first network interface as its node sees it: a VM's tap, a container's end of a veth pair. */
export function interfaceOf({ kind, vmid }: Pick<Guest, 'kind' | 'vmid'>): string {
  return `${kind === 'container' ? 'veth' : 'tap'}${vmid}i0`;
}
