/** The seam between the node's declared network (etc/network/interfaces) and the kernel. */

export interface BridgeSpec {
  readonly name: string;
  /** Addresses with prefix length, for example 192.168.10.1/24. */
  readonly addresses: readonly string[];
  readonly mtu?: number;
}

export interface NodeNetwork {
  /** Makes the kernel's bridges equal to `bridges`: missing ones are made, others of ours are removed; idempotent. */
  apply(bridges: readonly BridgeSpec[]): Promise<void>;
}

/** For SimulatedEngine: declares bridges without making them. */
export class NoNetwork implements NodeNetwork {
  async apply(): Promise<void> {}
}
