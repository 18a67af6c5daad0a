/**
 * The seam between the API of the local node and what runs its containers, beside that of its virtual machines
 * (guest-engine.ts).
 *
 * LxcEngine runs real ones, SimulatedContainers a state machine; NoContainers says why there are none. All sizes are
 * bytes, all times seconds, unless a name says otherwise.
 */
import type { Duplex } from 'node:stream';
import type { GuestStatus } from './guest-engine';

/** A network interface of a container; its end on the node is veth<vmid>i<index>, as on Proxmox VE. */
export interface ContainerNic {
  readonly index: number;
  /** In the container: eth0, ... */
  readonly name: string;
  readonly mac: string;
  readonly bridge: string;
  readonly linkDown: boolean;
  readonly mtu?: number | undefined;
  /** The address that the container is told, with its prefix length; what it makes of it is its own affair. */
  readonly ip?: string | undefined;
}

/** What an engine needs to run one container; derived from its configuration file. */
export interface ContainerSpec {
  readonly vmid: number;
  readonly hostname: string;
  /** Directory of its root file system. */
  readonly root: string;
  /** CPUs that it may see; undefined = all of the node's. */
  readonly cores: number | undefined;
  /** CPUs' worth of time that it may use at most; 0 = no limit. */
  readonly cpuLimit: number;
  /** Its share where CPUs are short, as in Proxmox VE; undefined = the usual. */
  readonly cpuUnits: number | undefined;
  readonly memoryMiB: number;
  readonly swapMiB: number;
  readonly nics: readonly ContainerNic[];
  readonly ttys: number;
}

/** What of a running container can be changed while it runs. */
export type ContainerLimits = Pick<
  ContainerSpec,
  'cores' | 'cpuLimit' | 'cpuUnits' | 'memoryMiB' | 'swapMiB'
>;

export interface ContainerStatus extends Omit<GuestStatus, 'qmpStatus'> {
  readonly swapBytes: number;
  /** What its root file system held when it started. */
  readonly diskBytes: number;
}

/** Which limits the machine's control groups keep for a container. False = "not limited". */
export interface KeptLimits {
  readonly memory: boolean;
  readonly cpu: boolean;
}

/** Which limits of a container the machine cannot keep, by the names of the API; empty where it keeps all. */
export function notLimited({ memory, cpu }: KeptLimits): ('memory' | 'cpu')[] {
  return [...(memory ? [] : (['memory'] as const)), ...(cpu ? [] : (['cpu'] as const))];
}

/** A file that the node writes into a container's root file system, by the path inside. */
export interface RootFile {
  readonly path: string;
  readonly text: string;
  /** @default 0o644 */
  readonly mode?: number;
  /** Only the part between Proxmox VE's own marks is written, the rest of the file stays. @default false */
  readonly marked?: boolean;
}

/** Where a root file system is packed to, and how. */
export interface RootArchive {
  readonly path: string;
  /** A directory for files of the work; whoever gives it removes it by remove(). */
  readonly working: string;
  /** The container's configuration, which becomes ./etc/vzdump/pct.conf. */
  readonly config: string;
  /** Argument vector of what compresses; undefined = as it is. */
  readonly compressor: readonly string[] | undefined;
  /** Patterns of tar, anchored at the root, of what is left out. */
  readonly excluded: readonly string[];
  readonly signal: AbortSignal;
}

export interface ExtractedTemplate {
  /** Bytes that were read from the archive: now, or when it was extracted. */
  readonly bytes: number;
  /** Was it extracted before, for another container? */
  readonly reused: boolean;
}

/** What a root file system says of itself. */
export interface RootFacts {
  /** As in os-release; undefined if there is none. */
  readonly os: string | undefined;
  /** Of Proxmox VE's names: amd64, arm64, ...; undefined if it cannot be told. */
  readonly architecture: string | undefined;
  /** Version of systemd, if that is its init. */
  readonly systemd: number | undefined;
}

/** What a console of a container shows, as Proxmox VE's option cmode: a login on a tty, /dev/console, or a shell. */
export const CONSOLE_MODES = ['tty', 'console', 'shell'] as const;
export type ConsoleMode = (typeof CONSOLE_MODES)[number];

/** A terminal of a container. Who destroys the stream hangs up. */
export interface Terminal {
  readonly stream: Duplex;
  resize(columns: number, rows: number): void;
}

/** As `ip` shows an interface. */
export interface ContainerInterface {
  readonly name: string;
  readonly mac: string;
  readonly addresses: readonly {
    readonly family: 'inet' | 'inet6';
    readonly address: string;
    readonly prefix: number;
  }[];
}

export interface ContainerEngine {
  /** For example 5.0.2; "simulated" for containers that are. */
  readonly version: string;
  readonly keptLimits: KeptLimits;

  /** Why no container can be made or started here, and what to do about it; undefined where one can. */
  readonly fault: string | undefined;

  /** Makes a root file system of an archive (tar, compressed or not); returns the bytes that were read. */
  extract(archive: string, root: string): Promise<number>;
  /** The same of a template, whose files may be kept once for all containers that are made of it. */
  extractTemplate(archive: string, root: string): Promise<ExtractedTemplate>;
  /** Removes what is kept of templates that have gone and of which there is no container. */
  tidyTemplates(): Promise<void>;
  /**
   * Sees to it that a root file system is whole where its path is in the node's namespace, for who works on the files
   * there; all methods here see to it themselves.
   */
  show(root: string): Promise<void>;
  inspect(root: string): Promise<RootFacts>;
  /**
   * Writes files into a root file system of a container that does not run, as its root; with `logins`, its system asks
   * for a login on so many ttys.
   */
  writeFiles(root: string, files: readonly RootFile[], logins?: number): Promise<void>;
  /** New SSH host keys, as a container's SSH server looks for them. `log` takes a line or two for each. */
  hostKeys(hostname: string, log: (line: string) => void): Promise<readonly RootFile[]>;
  /** Sets a user's password by its hash, as writeFiles does. */
  setPassword(root: string, user: string, hash: string): Promise<void>;
  /** With owners, modes, times, links and extended attributes. What is left of an attempt that failed is the caller's. */
  copy(root: string, target: string): Promise<void>;
  /** Bytes on disk of a root file system, without what it shares with others of its template. */
  occupied(root: string): Promise<number>;
  /** Packs a root file system that nobody changes meanwhile; returns the bytes that were packed. */
  archive(root: string, archive: RootArchive): Promise<number>;
  /** Makes `target` like the root file system, also of a running container; returns the bytes that were copied. */
  sync(root: string, target: string, signal: AbortSignal): Promise<number>;
  /** Removes a root file system; nothing happens if there is none. */
  remove(root: string): Promise<void>;

  /** Starts the container and returns when its init runs. Throws with LXC's own words if it does not. */
  start(spec: ContainerSpec): Promise<void>;
  /** Ends the container at once. Nothing happens if it does not run. */
  stop(vmid: number): Promise<void>;
  /** Asks the container's init to halt and waits; false if it still runs after timeoutSeconds. */
  shutdown(vmid: number, timeoutSeconds: number): Promise<boolean>;
  /** Holds all processes of a running container until thaw(). */
  freeze(vmid: number): Promise<void>;
  thaw(vmid: number): Promise<void>;
  isRunning(vmid: number): boolean;
  /** Undefined if the container does not run. */
  status(vmid: number): Promise<ContainerStatus | undefined>;
  /** Sets limits of a running container. */
  limit(vmid: number, limits: ContainerLimits): Promise<void>;
  /** Gives a running container the network interfaces that it shall have. */
  plug(vmid: number, nics: readonly ContainerNic[]): Promise<void>;
  rename(vmid: number, hostname: string): Promise<void>;
  interfaces(vmid: number): Promise<readonly ContainerInterface[]>;
  /** Throws if the container does not run. */
  console(vmid: number, mode: ConsoleMode): Promise<Terminal>;
  /** The argument vector that runs a program in a running container; to be run on the node. */
  attach(vmid: number, argv: readonly string[]): readonly string[];
  /** Shows the root file system of a container on the node until unmount(); returns where. */
  mount(vmid: number, root: string): Promise<string>;
  unmount(vmid: number): Promise<void>;

  /** Finds containers that outlived a crash of the node's process and takes them over; returns their vmids. */
  recover(): Promise<readonly number[]>;
}

/** In the place of an engine where there can be none. */
export function noContainers(fault: string): ContainerEngine {
  const refuse = async () => {
    throw new Error(fault);
  };
  return {
    ...{ version: 'none', keptLimits: { memory: false, cpu: false }, fault },
    ...{
      extract: refuse,
      extractTemplate: refuse,
      inspect: refuse,
      show: refuse,
      writeFiles: refuse,
      setPassword: refuse,
      copy: refuse,
      occupied: refuse,
      archive: refuse,
      sync: refuse,
      freeze: refuse,
      hostKeys: refuse,
    },
    ...{
      start: refuse,
      limit: refuse,
      plug: refuse,
      rename: refuse,
      interfaces: refuse,
      mount: refuse,
      console: refuse,
    },
    ...{
      remove: async () => {},
      stop: async () => {},
      unmount: async () => {},
      thaw: async () => {},
      tidyTemplates: async () => {},
      recover: async () => [],
    },
    ...{ shutdown: async () => true, isRunning: () => false, status: async () => undefined },
    attach: () => {
      throw new Error(fault);
    },
  };
}
