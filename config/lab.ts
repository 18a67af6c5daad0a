/**
 * The experiment as lab.yaml declares it, after validation. Every value is present: defaults are filled in by
 * config/. Sizes carry their unit in the name.
 */

export type Role = 'wordpress' | 'moodle' | 'mediawiki';

export interface Network {
  /** Linux bridge on the node, vmbr0 to vmbr9999. */
  readonly bridge: string;
  /** The network in CIDR notation, for example 192.168.10.0/24. */
  readonly cidr: string;
  /** The node's own address in it, which routes to the other network. */
  readonly gateway: string;
  /** Rate of the link to each client or guest, bit/s; undefined = not shaped. */
  readonly rateBitsPerSecond?: number;
}

/** The clients' network; what shapes its links is an experimental factor of scenario 2. */
export interface ClientsNetwork extends Network {
  /** Added to every packet between client and servers, in each direction, so that a round trip takes twice that longer; ms. */
  readonly delayMs?: number;
  /** The delay of each packet is drawn uniformly from delayMs ± jitterMs. */
  readonly jitterMs?: number;
  /** Packets that are dropped at random in each direction, independently of each other, %. */
  readonly lossPercent?: number;
}

/** How the links between clients and servers are shaped, each direction alike; absent = not so. */
export type LinkShape = Pick<ClientsNetwork, 'rateBitsPerSecond' | 'delayMs' | 'jitterMs' | 'lossPercent'>;

/** An image to download, pinned by a dated address and its checksum. */
export interface CloudImage {
  readonly url: string;
  readonly fileName: string;
  readonly checksum: string;
  readonly checksumAlgorithm: 'sha256' | 'sha512';
  /** Virtual size of the image; a guest's disk cannot be smaller. */
  readonly minimumDiskGiB?: number;
}

export interface Guest {
  /** A host name (RFC 1123 label), unique. */
  readonly name: string;
  readonly role: Role;
  /** 100 to 999999999. */
  readonly vmid: number;
  /** In the servers' network. */
  readonly address: string;
  readonly cores: number;
  readonly memoryMiB: number;
  readonly diskGiB: number;
  /** Key of Lab.images.cloud; used when Lab.images.source is cloud. */
  readonly image: string;
}

export interface Client {
  readonly name: string;
  /** In the clients' network. */
  readonly address: string;
}

/** What the node itself is set to; an absent setting is left as it is. */
export interface NodeSettings {
  readonly timeZone?: string;
  readonly dns?: { readonly domain: string; readonly servers: readonly string[] };
  /** The whole hosts file of the node, which the provider replaces. */
  readonly hosts?: readonly { readonly address: string; readonly names: readonly string[] }[];
  /** Content types that the storage of snippets and images must accept. */
  readonly storageContent?: readonly string[];
}

/** Ends the repetitions of a level or an application early, by a rule that is fixed before the first sample. */
export interface Precision<Metric extends string> {
  readonly metric: Metric;
  /** Width of the 95 % interval of the median by the median that suffices, 0.05 = 5 %; asked from 6 repetitions on. */
  readonly relativeWidth: number;
}

/** One plan of measurement, chosen by `--plan`: at least one of the scenarios. Times are seconds. */
export interface Plan {
  readonly resources?: {
    /** Every level (0..N running guests) is visited once per block, in an order drawn from the seed. */
    readonly blocks: number;
    /** Sampling period. */
    readonly intervalSeconds: number;
    /** Samples per visit. */
    readonly samples: number;
    /** Longest wait for a level to settle; a level that has not is sampled and labelled transient. */
    readonly settleSeconds: number;
    /** Shortest settling; 300 s are 5 time constants of the 1-minute load average, before which it is transient. Default 0. */
    readonly settleAtLeastSeconds?: number;
    /** `blocks` is the most visits of a level then. */
    readonly precision?: Precision<'cpuPercent' | 'memoryUsedBytes'>;
  };
  readonly qos?: {
    /** Sessions per application. */
    readonly sessions: number;
    /** Clients that browse at once. */
    readonly clients: number;
    /** Pages per session. */
    readonly pages: number;
    /** Think time between pages is drawn uniformly from [low, high]. */
    readonly thinkSeconds: readonly [number, number];
    /** Round trips of the active probe before each session. */
    readonly probes: number;
    /** `sessions` is the most sessions of an application then. */
    readonly precision?: Precision<'pageLoadSeconds' | 'firstByteSeconds'>;
  };
  readonly load?: LoadPlan;
}

/** Open-loop load: requests at intended times, at higher and higher rates, until an application stops keeping up. */
export interface LoadPlan {
  /** Ladders per application. */
  readonly repetitions: number;
  /** How many of the role's pages are asked for in turn; 1 = the front page alone. */
  readonly pages: number;
  readonly rates: {
    /** Rate of the first step, requests per second. */
    readonly first: number;
    /** Each step's rate by the one before. */
    readonly factor: number;
    /** Steps at most. */
    readonly steps: number;
    /** Once two rates are found between which it stops keeping up: how often their geometric mean is tried next. */
    readonly refinements: number;
  };
  /** Requests of a step are spread over this time. */
  readonly stepSeconds: number;
  /** Longest wait for answers after a step; what is still open then is cut off. */
  readonly drainSeconds: number;
  /** Requests that may be under way at once; more wait for their turn, which counts as latency. */
  readonly inFlight: number;
  /** An application keeps up with a rate if all of these hold; measure/analyse/load-step.ts has the rule. */
  readonly limits: {
    /** Requests with a whole answer of status 2xx, at least. */
    readonly answeredPercent: number;
    /** 95th percentile of the latency, at most, seconds. */
    readonly latencySeconds: number;
    /** Growth of the latency by the time in which it grew, at most. */
    readonly growthPercent: number;
  };
}

export interface Lab {
  /** Tag of everything that the lab makes on the node; also a prefix of file names there. */
  readonly name: string;
  /** Name of the node in its cluster, for example pve. */
  readonly nodeName: string;
  readonly node: NodeSettings;
  /** Storage identifiers on the node. */
  readonly storage: { readonly disks: string; readonly images: string; readonly snippets: string };
  readonly networks: { readonly servers: Network; readonly clients: ClientsNetwork };
  readonly images: {
    /** template: our own image, built by template/ and uploaded; cloud: distributions' cloud images, downloaded by the node. */
    readonly source: 'template' | 'cloud';
    readonly cloud: Readonly<Record<string, CloudImage>>;
  };
  /** Longest wait for a guest's application, from the moment its VM runs. */
  readonly readinessSeconds: number;
  readonly guests: readonly Guest[];
  readonly clients: readonly Client[];
  readonly seed: number;
  readonly plans: Readonly<Record<string, Plan>>;
}
