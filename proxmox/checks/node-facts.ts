import type { OlderGuests } from '../../config/deployed-lab';
import type { BackupRow } from '../guest-backups';

/** What was read from a node, for the checks. Each is the answer, or why there is none. */
export type Answer<T> = { readonly value: T } | { readonly fault: string; readonly status?: number };

export interface NodeRow {
  readonly node: string;
  readonly status: string;
}

/** Of GET nodes/{node}/status. */
export interface NodeStatus {
  readonly cpuinfo: { readonly cpus: number };
  readonly memory: { readonly total: number; readonly available?: number; readonly free?: number };
}

export interface StorageRow {
  readonly storage: string;
  readonly type: string;
  /** Types of content, with commas. */
  readonly content: string;
  readonly active?: number;
  readonly enabled?: number;
  /** Bytes. */
  readonly avail?: number;
}

export interface InterfaceRow {
  readonly iface: string;
  readonly type?: string;
  readonly comments?: string;
  readonly cidr?: string;
  readonly active?: number;
}

export interface NetworkFacts {
  readonly interfaces: readonly InterfaceRow[];
  /** What is staged in interfaces.new and not applied, as a diff. */
  readonly staged?: string;
}

export interface GuestRow {
  readonly vmid: number;
  /** qemu or lxc. */
  readonly type: string;
  readonly node: string;
  readonly name?: string;
  readonly tags?: string;
}

/** By path, then by privilege; 1 = it holds below the path too. */
export type Permissions = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** What a login over SSH finds. */
export interface HostFacts {
  readonly uid: number;
  /** The host's name, as far as the first dot. */
  readonly name: string;
  /** Whether /etc/pve is there. */
  readonly isProxmox: boolean;
  readonly hasKvm: boolean;
  /** Set where the node is a virtual machine itself: which kind. */
  readonly virtual?: string;
  readonly programs: ReadonlySet<string>;
  readonly snippets: {
    readonly directory: string;
    readonly exists: boolean;
    /** By the user of SSH, without sudo. */
    readonly writable: boolean;
    /** Whether its file system is mounted read-only. */
    readonly readOnly: boolean;
  };
  /** Commands that sudo runs without a password, of those asked; empty for root, who needs none. */
  readonly sudo: ReadonlySet<string>;
}

export interface ImageFacts {
  /** The guests' template on this machine; undefined where lab.yaml takes cloud images. */
  readonly template?: {
    readonly path: string;
    readonly exists: boolean;
    readonly fileBytes?: number;
    readonly virtualBytes?: number;
    /** Why Moodle is not in it; undefined where it is. */
    readonly withoutMoodle?: string;
  };
  /** By name of the cloud image: what the node gets at its address. */
  readonly cloud: ReadonlyMap<string, Answer<{ readonly size?: number }>>;
}

export interface NodeFacts {
  readonly endpoint: string;
  readonly kind: 'local' | 'proxmox';
  /** How the login is shown, and what sets it. */
  readonly login: { readonly shown: string; readonly variables: string };
  readonly version: Answer<string>;
  readonly nodes: Answer<readonly NodeRow[]>;
  readonly permissions: Answer<Permissions>;
  readonly status: Answer<NodeStatus>;
  readonly storages: Answer<readonly StorageRow[]>;
  readonly network: Answer<NetworkFacts>;
  readonly guests: Answer<readonly GuestRow[]>;
  /** The lab's vmids that are taken by guests which the login may not see. */
  readonly hiddenVmids: readonly number[];
  /**
   * As many free vmids in a row as the lab has guests; empty where none is taken or missing, or none can be found in time.
   */
  readonly freeVmids: readonly number[];
  /** Vmids that were chosen for guests of which nothing is made yet: another is chosen for one that is taken. */
  readonly replaceableVmids: ReadonlySet<number>;
  /** By how much the node's clock is ahead of this machine's, seconds. */
  readonly clockAheadSeconds: Answer<number>;
  readonly images: ImageFacts;
  /** On the storage of the lab's backups; undefined where it makes none. */
  readonly backups?: Answer<readonly BackupRow[]>;
  /** Undefined where nothing was asked over SSH. */
  readonly host?: Answer<HostFacts>;
  /** Tag of the lab that is deployed from here, or was begun. */
  readonly tag?: string;
  /** Guests of before the lab had an identity, which this deployment takes over. */
  readonly takenOver?: OlderGuests;
  /** Bridges in Terraform's state; undefined where that is not known. */
  readonly deployedBridges?: ReadonlySet<string>;
}

export function answerOf<T>(answer: Answer<T>): T | undefined {
  return 'value' in answer ? answer.value : undefined;
}
