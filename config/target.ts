/**
 * The node that the lab acts on, from the environment (a Proxmox VE node) or from the local node's connection file.
 * Secrets are held as paths or read on use; nothing here is ever printed.
 */

export type Credentials =
  | { readonly kind: 'token' /** user@realm!id=secret */; readonly token: string }
  | { readonly kind: 'password'; readonly username: string; readonly password: string };

export interface SshTarget {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  /** PEM file; undefined = use the agent or the password. */
  readonly privateKeyFile?: string;
  /** PEM text, where the user gave the key itself (PROXMOX_VE_SSH_PRIVATE_KEY). */
  readonly privateKey?: string;
  readonly agentSocket?: string;
  readonly password?: string;
  /** Base64 of the SHA-256 of the host key; undefined = the user's known_hosts decides. */
  readonly hostKeySha256?: string;
}

export interface Target {
  readonly kind: 'local' | 'proxmox';
  /** Without a trailing slash and without /api2/json, for example https://127.0.0.1:8006. */
  readonly endpoint: string;
  readonly nodeName: string;
  readonly credentials: Credentials;
  /** PEM file of the CA that signed the node's certificate; undefined = the system's trust store. */
  readonly caFile?: string;
  /** Directories of CAs that are trusted too (SSL_CERT_DIR); undefined = those of the system. */
  readonly caDirectories?: readonly string[];
  /** Oldest version of TLS that is spoken; undefined = what Node.js speaks. */
  readonly oldestTls?: 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';
  /** True only where the user asked for it (PROXMOX_VE_INSECURE). */
  readonly insecure: boolean;
  /** Address of the HTTP proxy through which the API is asked; undefined = none. It may hold a password. */
  readonly proxy?: string;
  /** Directory with what guests print on their serial consoles, of a node that keeps it on this machine. */
  readonly serialLogs?: string;
  readonly ssh: SshTarget;
}

/** The way by which guests of the local node reach the machine's network and what lies behind it. */
export type Uplink =
  | { readonly tool: 'pasta' | 'slirp4netns' }
  /** Why guests have no uplink of the local node. */
  | { readonly reason: string };

/**
 * What the local node writes, mode 0600, to .lab/node/connection.json when it is up; removed when it goes down.
 * Files named here are 0600 too.
 */
export interface ConnectionFile {
  readonly endpoint: string;
  readonly nodeName: string;
  readonly pid: number;
  readonly caFile: string;
  /** Holds user@realm!id=secret and a newline. */
  readonly tokenFile: string;
  readonly acceleration: 'kvm' | 'tcg' | 'simulated';
  /** Undefined with simulated guests, which send nothing. */
  readonly wayOut?: Uplink;
  /** Whether ports of guests are forwarded to this machine; undefined of a version that knew none. */
  readonly forwards?: boolean;
  readonly ssh: {
    readonly host: string;
    readonly port: number;
    readonly username: string;
    readonly privateKeyFile: string;
    readonly hostKeySha256: string;
  };
}
