/**
 * What a run keeps under results/<run>/raw. Collecting writes these files and nothing else reads the world; analysing
 * reads them and nothing else. Times are Unix seconds with fractions, sizes bytes, unless a name says otherwise.
 * A value that could not be had is null, never 0.
 *
 *   plan.json                                     RunPlan, written before the first sample
 *   raw/environment.json                          Environment
 *   raw/resources/<visit>.json                    ResourceVisit; visit = 000-level2, in the order visited
 *   raw/qos/<session>/session.json                QosSession; session = 000-wordpress, in the order run
 *   raw/qos/<session>/client.pcap, server.pcap    captures at the client and at the guest's tap
 *   raw/load/<ladder>.json                        LoadLadder; ladder = 000-wordpress, in the order climbed
 *   raw/destroy.json                              DestroyedGuest[], after the run; absent where the lab was kept
 */
import type { Lab, LinkShape, Plan } from '../../config/lab';

export type Scenario = 'resources' | 'qos' | 'load';

export interface RunPlan {
  readonly run: string;
  readonly planName: string;
  readonly plan: Plan;
  readonly scenarios: readonly Scenario[];
  readonly seed: number;
  readonly registeredAt: string;
  /** Levels of scenario 1 in the order in which they will be visited; one inner list per block. */
  readonly levelOrder: readonly (readonly number[])[];
  /** Guest names of scenario 2 in the order of their sessions. */
  readonly sessionOrder: readonly string[];
  /** Guest names of the ladders of load in the order in which they will be climbed; absent in runs that knew no load. */
  readonly ladderOrder?: readonly string[];
  /** What reads the pages in scenario 2; absent = scripted. */
  readonly reader?: 'scripted' | 'browser';
  readonly lab: Pick<Lab, 'name' | 'nodeName' | 'networks' | 'guests' | 'clients' | 'images'>;
  /** Guests without their application and why; they take part in scenario 1 only. */
  readonly missingApplications: readonly { readonly guest: string; readonly reason: string }[];
}

export interface Environment {
  readonly target: 'local' | 'proxmox';
  readonly acceleration: 'kvm' | 'tcg' | 'simulated' | null;
  /** Facts by name: cpu model, cpus, kernel, QEMU, Proxmox VE, governor, versions of this project and of the tools ... */
  readonly facts: Readonly<Record<string, string | number | null>>;
}

/** One reading of the node's counters by the SSH sampler; rates are made of differences by the analysis. */
export interface CounterSample {
  readonly time: number;
  /** /proc/stat, USER_HZ ticks: all modes summed, and idle + iowait. */
  readonly cpuTotalTicks: number;
  readonly cpuIdleTicks: number;
  readonly memoryTotalBytes: number;
  readonly memoryAvailableBytes: number;
  readonly loadAverage: readonly [number, number, number];
  readonly rootTotalBytes: number;
  readonly rootUsedBytes: number;
  /** /proc/pressure: total stall time, µs; null where the kernel has none. */
  readonly pressureMicroseconds: {
    readonly cpu: number;
    readonly memory: number;
    readonly io: number;
  } | null;
  /** Bytes that KSM saves (pages_sharing × page size); null where the kernel has no KSM. */
  readonly ksmSharedBytes: number | null;
  /** Per running guest: CPU ticks and resident bytes of its process. */
  readonly guests: readonly {
    readonly vmid: number;
    readonly cpuTicks: number;
    readonly residentBytes: number;
  }[];
  /** CPU time that the sampler itself has used so far, seconds. */
  readonly samplerCpuSeconds: number;
}

/** One poll of the API: nodes/N/status and qemu/ID/status/current, as answered. */
export interface ApiSample {
  readonly time: number;
  readonly cpuFraction: number | null;
  readonly memoryUsedBytes: number | null;
  readonly memoryTotalBytes: number | null;
  readonly loadAverage: readonly [number, number, number] | null;
  readonly rootUsedBytes: number | null;
  readonly rootTotalBytes: number | null;
  readonly guests: readonly {
    readonly vmid: number;
    readonly status: string;
    readonly cpuFraction: number | null;
    readonly memoryBytes: number | null;
  }[];
}

/** Starting or stopping one guest on the way to a level; `seconds` until the API's task ended, `ready` until it answered. */
export interface PowerChange {
  readonly guest: string;
  readonly action: 'start' | 'shutdown' | 'stop';
  readonly startedAt: number;
  readonly taskSeconds: number;
  /** Seconds from the request until the application's page came, for start; null if not waited for or never. */
  readonly readySeconds: number | null;
}

export interface ResourceVisit {
  readonly visit: number;
  readonly block: number;
  /** Number of guests meant to run. */
  readonly level: number;
  readonly runningGuests: readonly string[];
  readonly changes: readonly PowerChange[];
  /** When the last change had ended and settling began. */
  readonly changedAt: number;
  /** When the CPU was found steady; null = it never was, and the visit is transient. */
  readonly settledAt: number | null;
  /** The rule, in words, as applied. */
  readonly settleRule: string;
  /** USER_HZ of the node. */
  readonly ticksPerSecond: number;
  readonly cpus: number;
  /** What was sampled while the level settled; kept so that the rule can be applied anew, and in no mean. */
  readonly settlingSamples?: readonly CounterSample[];
  /** What was sampled after that. */
  readonly samples: readonly CounterSample[];
  readonly apiSamples: readonly ApiSample[];
  /** Why the visit is incomplete or missing; null = complete. */
  readonly fault: string | null;
}

/** How a guest of the lab was destroyed, by the node's task log, which knows whole seconds; null = it has no such task. */
export interface DestroyedGuest {
  readonly guest: string;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
}

/** A page or one of its assets, as the reader fetched it. */
export interface Transfer {
  readonly url: string;
  readonly kind: 'page' | 'asset';
  /** Index of the page in the session that this belongs to. */
  readonly page: number;
  /** When the reader meant to start, and did. */
  readonly intendedAt: number;
  readonly startedAt: number;
  /** Null where the transfer failed before it. */
  readonly firstByteAt: number | null;
  readonly endedAt: number;
  readonly status: number | null;
  /** Body bytes as received. */
  readonly bytes: number;
  readonly error: string | null;
  /** Requested by a script after the page had settled: traffic of the session, no part of the page. Absent = not late. */
  readonly late?: true;
}

/** When a browser showed a page, by the node's clock; null = that did not happen, or the page did not come. */
export interface PageTiming {
  readonly page: number;
  readonly url: string;
  readonly intendedAt: number;
  readonly domContentLoadedAt: number | null;
  /** The load event: the page and all that it asks for while it is parsed are there. */
  readonly loadAt: number | null;
  readonly firstContentfulPaintAt: number | null;
  readonly largestContentfulPaintAt: number | null;
}

export interface CaptureFile {
  readonly file: 'client.pcap' | 'server.pcap';
  readonly interface: string;
  readonly where: 'client' | 'server';
  readonly filter: string;
  readonly sha256: string;
  /** From tcpdump's own counters at its end; null = not reported. */
  readonly captured: number | null;
  readonly droppedByKernel: number | null;
  /** CPU time of the capturing programs; null = not reported. Absent in older runs. */
  readonly cpuSeconds?: number | null;
  /** Segmentation offloads on the interface when captured, for example { tso: false, gso: false, gro: false }. */
  readonly offloads: Readonly<Record<string, boolean>>;
}

/** With what it takes to make rates of them: USER_HZ and the number of CPUs. */
export type SessionCounters = CounterSample & { readonly ticksPerSecond: number; readonly cpus: number };

export interface QosSession {
  readonly session: number;
  readonly guest: string;
  readonly role: string;
  readonly clients: readonly { readonly name: string; readonly address: string }[];
  readonly serverAddress: string;
  readonly serverPort: number;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly seed: number;
  readonly reader: string;
  readonly thinkSeconds: readonly number[];
  readonly transfers: readonly (Transfer & { readonly client: string })[];
  /** Every page as the client's browser showed it; absent where no browser read. */
  readonly pageTimings?: readonly (PageTiming & { readonly client: string })[];
  /**
   * Every page once, by the first client alone, before the probe and the captures: what the application does only on its
   * first visit after a boot stays out of the session's figures. Absent in runs that had no warm-up.
   */
  readonly warmUp?: readonly (Transfer & { readonly client: string })[];
  /** With several clients, client.pcap holds the captures of all of them, merged in the order of time. */
  readonly captures: readonly CaptureFile[];
  /** Segmentation offloads inside the guest while captured; null = they could not be read or set. */
  readonly guestOffloads?: Readonly<Record<string, boolean>> | null;
  /** How the link between clients and server was shaped; absent = not at all, or in a run older than this field. */
  readonly link?: {
    readonly shape: LinkShape;
    /**
     * Where delay and jitter were made: on the node, between the two captures, each way; or in the guest, behind its tap, where the
     * captures do not see it, twice the delay in what it sends. Null = there was none.
     */
    readonly delayMadeIn: 'node' | 'guest' | null;
    /** Packets that the link dropped while it was captured, by its own counters; null where it was to drop none. */
    readonly dropped: { readonly toServer: number; readonly toClient: number } | null;
  };
  /**
   * The node's counters before the captures began and after they ended: whether something else was busy meanwhile. Null = they
   * could not be had. Absent in older runs.
   */
  readonly nodeCounters?: {
    readonly before: SessionCounters;
    readonly after: SessionCounters;
  } | null;
  /** True where both captures are stamped by one clock (one kernel); the clock offset is 0 by construction then. */
  readonly sharedClock: boolean;
  /** Round trips of the active probe before the session, seconds; null = lost. */
  readonly probe: { readonly method: string; readonly roundTripSeconds: readonly (number | null)[] };
  readonly fault: string | null;
}

/** A page asked for at its intended time, without waiting for answers before; latency counts from `intendedAt`. */
export interface LoadRequest {
  readonly path: string;
  readonly intendedAt: number;
  /** Null = never started: as many as may be were under way until the step was cut off. */
  readonly startedAt: number | null;
  /** Whether as many as may be were under way at the intended time. */
  readonly held: boolean;
  /** Null where the request failed before it. */
  readonly firstByteAt: number | null;
  /** Null = never started. */
  readonly endedAt: number | null;
  readonly status: number | null;
  /** Body bytes as received. */
  readonly bytes: number;
  readonly error: string | null;
}

/** One rate, offered for a while. */
export interface LoadStep {
  /** As planned; the number of requests is its product with `seconds`, rounded. */
  readonly ratePerSecond: number;
  readonly startedAt: number;
  /** Time over which the requests are spread. */
  readonly seconds: number;
  /** Every page once before the step, one after the other: after a boot, or behind what is left of the step before. */
  readonly warmUp: readonly LoadRequest[];
  /** In the order intended. */
  readonly requests: readonly LoadRequest[];
  /** CPU time of the generator. */
  readonly generatorCpuSeconds: number;
}

/** Steps of load on one application, the next one chosen by what became of those before. */
export interface LoadLadder {
  readonly ladder: number;
  readonly guest: string;
  readonly role: string;
  /** Where the requests come from. */
  readonly client: { readonly name: string; readonly address: string };
  readonly serverAddress: string;
  readonly serverPort: number;
  readonly startedAt: number;
  readonly endedAt: number;
  /** Intended times of step n are drawn from seed + n. */
  readonly seed: number;
  readonly generator: string;
  /** As in QosSession. */
  readonly link?: Pick<NonNullable<QosSession['link']>, 'shape' | 'delayMadeIn'>;
  readonly steps: readonly LoadStep[];
  readonly fault: string | null;
}
