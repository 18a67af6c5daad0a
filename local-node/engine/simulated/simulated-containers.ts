import { readFileSync, realpathSync } from 'node:fs';
import { access, cp, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../../machine/command';
import { type Clock, systemClock } from '../../base/clock';
import type {
  ContainerEngine,
  ContainerInterface,
  ContainerLimits,
  ContainerNic,
  ContainerSpec,
  ContainerStatus,
  ExtractedTemplate,
  RootArchive,
  RootFacts,
  RootFile,
  Terminal,
} from '../container-engine';
import { linkLocal } from './link-local';
import { defaultFiles, runSimulated } from './simulated-programs';

/** Share of a CPU that a simulated container spends. */
const CPU_SHARE = 0.02;
const MARK = 'simulated';

interface Entry {
  readonly spec: ContainerSpec;
  readonly pid: number;
  readonly since: number;
}

export interface SimulatedContainersOptions {
  /** @default the system's */
  readonly clock?: Clock;
  /** @default all obey at once */
  readonly obeysShutdown?: (spec: ContainerSpec) => boolean;
}

/** A state machine in the place of LXC, for tests: nothing runs in a simulated container. */
export class SimulatedContainers implements ContainerEngine {
  readonly version = 'simulated';
  readonly fault = undefined;
  readonly keptLimits = { memory: true, cpu: true };
  private readonly running = new Map<number, Entry>();
  private readonly clock: Clock;
  private lastPid = 2000;

  constructor(private readonly options: SimulatedContainersOptions = {}) {
    this.clock = options.clock ?? systemClock;
  }

  /** The archive must be there; what is in it does not matter. */
  async extract(archive: string, root: string): Promise<number> {
    const { length } = await readFile(archive);
    await mkdir(root, { recursive: true });
    await writeFile(join(root, MARK), 'a root file system that is simulated\n');
    return length;
  }

  async extractTemplate(archive: string, root: string): Promise<ExtractedTemplate> {
    return { bytes: await this.extract(archive, root), reused: false };
  }

  async tidyTemplates(): Promise<void> {}

  async show(): Promise<void> {}

  async inspect(root: string): Promise<RootFacts> {
    await access(join(root, MARK));
    return { os: 'debian', architecture: 'amd64', systemd: 257 };
  }

  async writeFiles(root: string, files: readonly RootFile[]): Promise<void> {
    for (const { path, text } of files) {
      await mkdir(join(root, path, '..'), { recursive: true });
      await writeFile(join(root, path), text);
    }
  }

  /** Keys that take no time, and open nothing. */
  async hostKeys(hostname: string, log: (line: string) => void): Promise<readonly RootFile[]> {
    return ['rsa', 'ecdsa', 'ed25519'].map((kind) => {
      log(`Creating SSH host key 'ssh_host_${kind}_key' - this may take some time ...`);
      log(`done: SHA256:simulated root@${hostname}`);
      return { path: `/etc/ssh/ssh_host_${kind}_key`, text: `simulated key of ${hostname}\n`, mode: 0o600 };
    });
  }

  async setPassword(root: string, user: string, hash: string): Promise<void> {
    await writeFile(join(root, 'etc', 'shadow'), `${user}:${hash}:::::::\n`);
  }

  async copy(root: string, target: string): Promise<void> {
    await cp(root, target, { recursive: true });
  }

  async occupied(): Promise<number> {
    return 0;
  }

  /** A true archive of what little there is. */
  async archive(root: string, { path, working, config, compressor }: RootArchive): Promise<number> {
    const directory = join(working, 'config', 'etc', 'vzdump');
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, 'pct.conf'), config);
    const program = compressor ? [`--use-compress-program=${compressor.join(' ')}`] : [];
    const places = ['-C', join(working, 'config'), './etc/vzdump/pct.conf', '-C', root, './'];
    await run(['tar', '-c', '-f', path, ...program, ...places]);
    return (await stat(path)).size;
  }

  async sync(root: string, target: string): Promise<number> {
    await rm(target, { recursive: true, force: true });
    await cp(root, target, { recursive: true });
    return 0;
  }

  async remove(root: string): Promise<void> {
    await rm(root, { recursive: true, force: true });
  }

  async start(spec: ContainerSpec): Promise<void> {
    if (this.running.has(spec.vmid)) throw new Error(`CT ${spec.vmid} already running`);
    await access(join(spec.root, MARK));
    this.lastPid += 1;
    this.running.set(spec.vmid, { spec, pid: this.lastPid, since: this.clock.steady() });
  }

  async stop(vmid: number): Promise<void> {
    this.running.delete(vmid);
  }

  async shutdown(vmid: number): Promise<boolean> {
    const entry = this.running.get(vmid);
    if (entry && this.options.obeysShutdown?.(entry.spec) === false) return false;
    this.running.delete(vmid);
    return true;
  }

  isRunning(vmid: number): boolean {
    return this.running.has(vmid);
  }

  async freeze(): Promise<void> {}

  async thaw(): Promise<void> {}

  async status(vmid: number): Promise<ContainerStatus | undefined> {
    const entry = this.running.get(vmid);
    if (!entry) return undefined;
    const uptime = (this.clock.steady() - entry.since) / 1000;
    return {
      ...{ vmid, pid: entry.pid, uptime: Math.floor(uptime), cpuSeconds: uptime * CPU_SHARE },
      memoryBytes: (entry.spec.memoryMiB * 1024 ** 2) / 4,
      ...{ swapBytes: 0, diskBytes: 0, netInBytes: 0, netOutBytes: 0, diskReadBytes: 0, diskWriteBytes: 0 },
    };
  }

  async limit(vmid: number, limits: ContainerLimits): Promise<void> {
    this.change(vmid, (spec) => ({ ...spec, ...limits, root: spec.root }));
  }

  async plug(vmid: number, nics: readonly ContainerNic[]): Promise<void> {
    this.change(vmid, (spec) => ({ ...spec, nics }));
  }

  async rename(vmid: number, hostname: string): Promise<void> {
    this.change(vmid, (spec) => ({ ...spec, hostname }));
  }

  async interfaces(vmid: number): Promise<readonly ContainerInterface[]> {
    const loopback: ContainerInterface = {
      ...{ name: 'lo', mac: '00:00:00:00:00:00' },
      addresses: [
        { family: 'inet', address: '127.0.0.1', prefix: 8 },
        { family: 'inet6', address: '::1', prefix: 128 },
      ],
    };
    const nics = this.running.get(vmid)?.spec.nics ?? [];
    return [
      loopback,
      ...nics.map(({ name, mac, ip }) => ({
        name,
        mac: mac.toLowerCase(),
        addresses: [...addressOf(ip), linkLocalOf(mac)],
      })),
    ];
  }

  async console(vmid: number): Promise<Terminal> {
    if (!this.running.has(vmid)) throw new Error(`CT ${vmid} not running`);
    throw new Error('a simulated container has no console');
  }

  /** A command that says what the program would: nothing runs in a simulated container. */
  attach(vmid: number, argv: readonly string[]): readonly string[] {
    const spec = this.running.get(vmid)?.spec;
    if (!spec) throw new Error(`CT ${vmid} not running`);
    const { hostname, root } = spec;
    const booted = defaultFiles(hostname);
    const { stdout, stderr, exitcode } = runSimulated(
      hostname,
      (path) => booted[path] ?? textIn(root, path),
      argv,
    );
    const say = 'printf %s "$1"; printf %s "$2" >&2; exit "$3"';
    return ['sh', '-c', say, 'sh', stdout, stderr, String(exitcode)];
  }

  async mount(_vmid: number, root: string): Promise<string> {
    return root;
  }

  async unmount(): Promise<void> {}

  /** Simulated containers end with the process that simulates them. */
  async recover(): Promise<readonly number[]> {
    return [...this.running.keys()];
  }

  private change(vmid: number, make: (spec: ContainerSpec) => ContainerSpec): void {
    const entry = this.running.get(vmid);
    if (entry) this.running.set(vmid, { ...entry, spec: make(entry.spec) });
  }
}

function linkLocalOf(mac: string): ContainerInterface['addresses'][number] {
  return { family: 'inet6', address: linkLocal(mac), prefix: 64 };
}

/** As if the container's system obeyed what it is told of its address. */
function addressOf(ip: string | undefined): ContainerInterface['addresses'] {
  const [, address, prefix] = /^([\d.]+)\/(\d+)$/.exec(ip ?? '') ?? [];
  return address === undefined ? [] : [{ family: 'inet', address, prefix: Number(prefix) }];
}

/** Undefined where it is no file of the container, or one that is reached over a link. */
function textIn(root: string, path: string): string | undefined {
  try {
    const file = join(realpathSync(root), path);
    return realpathSync(file) === file ? readFileSync(file, 'utf8') : undefined;
  } catch {
    return undefined;
  }
}
