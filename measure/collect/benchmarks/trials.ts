import { setTimeout as sleep } from 'node:timers/promises';
import type { Guest } from '../../../config/lab';
import type { ExecResult, GuestAccess } from '../../../proxmox/guest-access';
import type { Shell } from '../../../proxmox/node-shell';
import type { Journal } from '../../run/journal';
import type { BenchmarkRun, BenchmarkTrial, Place, RunPlan } from '../../run/raw-data';
import { type BenchmarkOutput, benchmarkOutput } from '../../run/records/benchmark';
import type { RunDirectory } from '../../run/run-directory';
import { plannedGuest, settingsOf, trialNames } from '../../run/run-plan';
import { unlessAborted } from '../abort';
import { checked } from '../checked';
import { ClientNetwork, inNamespace } from '../clients/client-network';
import type { NodeClock } from '../node-clock';
import { remoteProgram } from '../programs/remote-program';
import { makeRepetitions } from '../repetitions';
import { type BenchmarkCommand, type BenchmarksPlan, benchmarkCommands, iperfServer } from './commands';

/** What benchmarks need of the world. */
export interface BenchmarkWorld {
  readonly shell: Shell;
  readonly clock: NodeClock;
  readonly agent: (guest: Guest) => Pick<GuestAccess, 'exec'>;
  /** Of the guest's disk in its configuration; null = it says nothing of it. */
  readonly disk: (guest: Guest) => Promise<DiskFacts>;
  readonly progress: (text: string) => void;
  readonly journal?: Pick<Journal, 'write'>;
  readonly signal: AbortSignal;
}

/** Cache mode and format of a disk. */
export interface DiskFacts {
  readonly cache: string | null;
  readonly format: string | null;
}

/** Of the drive as Proxmox VE writes it: local-lvm:129/vm-129-disk-0.qcow2,cache=none,size=8G. */
export function diskFacts(drive: string): DiskFacts {
  return {
    cache: /,cache=(\w+)/.exec(drive)?.[1] ?? null,
    format: /,format=(\w+)/.exec(drive)?.[1] ?? /^[^,]*\.(qcow2|raw)(?:,|$)/.exec(drive)?.[1] ?? null,
  };
}

/** Beyond its own time: an emulated guest writes a file of many MiB first, and starts programs slowly. */
const PATIENCE_SECONDS = 300;
/** An emulated guest's server begins to listen within this. */
const LISTENING_SECONDS = 30;

/**
 * Makes every planned trial, each benchmark in the guest and on the node, and saves it. What fails is recorded with its
 * fault, and the rest goes on. Returns the faults.
 */
export async function collectBenchmarks(
  world: BenchmarkWorld,
  plan: RunPlan,
  directory: RunDirectory,
): Promise<readonly string[]> {
  const trials = trialNames(plan).map((each) => ({ ...each, subject: each.guest }));
  const isMade = (name: string): boolean => directory.hasTrial(name);
  if (trials.every(({ name }) => isMade(name))) return [];
  const { lab } = plan;
  const usesNetwork = settingsOf(plan, 'benchmarks').of.includes('network');
  const network = usesNetwork
    ? await ClientNetwork.create(world.shell, lab.name, lab.networks, lab.clients.slice(0, 1))
    : null;
  try {
    return await makeRepetitions(trials, {
      kind: 'trial',
      isMade,
      announce: ({ guest }, number) => `benchmarks of ${guest} (${number} of ${trials.length})`,
      make: async ({ name, guest }, index) => {
        const namespace = network?.clients[0]?.namespace ?? null;
        const made = await new Trial(world, plan, plannedGuest(plan, guest), index, namespace).make();
        await directory.saveTrial(name, made);
        return made.fault;
      },
      progress: world.progress,
      journal: world.journal,
      signal: world.signal,
    });
  } finally {
    await network?.remove();
  }
}

/** Why figures of a disk with this cache mode would say nothing of a disk; null = they say something. */
export function refusedDisk({ cache }: Pick<Guest, 'cache'>, configured: string | null): string | null {
  if (configured !== 'unsafe' || cache === 'unsafe') return null;
  return 'its disk has cache=unsafe, with which flushes end in the memory of the node, and lab.yaml names no cache mode for the guest: name one (cache: none) and deploy';
}

class Trial {
  private readonly settings: BenchmarksPlan;

  constructor(
    private readonly world: BenchmarkWorld,
    private readonly plan: RunPlan,
    private readonly guest: Guest,
    private readonly index: number,
    /** Of the client; null where the network is not measured. */
    private readonly namespace: string | null,
  ) {
    this.settings = settingsOf(plan, 'benchmarks');
  }

  async make(): Promise<BenchmarkTrial> {
    const { clock, signal } = this.world;
    const { name: guest, role, cores } = this.guest;
    const startedAt = clock.now();
    const { cache: diskCache, format: diskFormat } = await this.world.disk(this.guest);
    const diskRefused = this.settings.of.includes('disk') ? refusedDisk(this.guest, diskCache) : null;
    if (diskRefused !== null) this.world.progress(`${guest}: disk not measured, ${diskRefused}`);
    // Alternating, so that a drift of the machine's speed does not favour one of the two.
    const places: readonly Place[] = this.index % 2 === 0 ? ['guest', 'node'] : ['node', 'guest'];
    const runs: BenchmarkRun[] = [];
    const of = (place: Place) => this.commands(place).filter((each) => each.of !== 'disk' || !diskRefused);
    for (const { benchmark } of of('guest')) {
      for (const place of places) {
        const command = of(place).find((each) => each.benchmark === benchmark);
        if (command) runs.push(await unlessAborted(this.run(command, place), signal));
      }
    }
    const failed = runs.filter(({ fault }) => fault !== null);
    const fault =
      failed.map((run) => `${run.benchmark} on the ${run.place}: ${run.fault}`).join('; ') || null;
    const endedAt = clock.now();
    return {
      ...{ trial: this.index, guest, role, cores, diskCache, diskFormat, diskRefused },
      ...{ startedAt, endedAt, runs },
      fault,
    };
  }

  private commands(place: Place): readonly BenchmarkCommand[] {
    const { networks } = this.plan.lab;
    const server = place === 'guest' ? this.guest.address : networks.servers.gateway;
    return benchmarkCommands(this.settings, this.guest.cores, server);
  }

  /** Never rejects: what went wrong is its fault. */
  private async run(command: BenchmarkCommand, place: Place): Promise<BenchmarkRun> {
    const startedAt = this.world.clock.now();
    const run = { benchmark: command.benchmark, place, command: [...command.command], startedAt };
    try {
      const output = await (command.of === 'network'
        ? this.betweenClientAndServer(command, place)
        : this.executed(command, place));
      return { ...run, ...output, fault: faultOf(output) };
    } catch (error) {
      const fault = (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
      return {
        ...run,
        exitCode: null,
        output: '',
        errors: '',
        seconds: 0,
        cpu: null,
        fileSystem: null,
        fault,
      };
    }
  }

  private async executed(command: BenchmarkCommand, place: Place): Promise<BenchmarkOutput> {
    const program = this.program(command);
    const { stdout } =
      place === 'guest' ? succeeded(await this.inGuest(program)) : await this.onNode(program);
    return answerOf(stdout);
  }

  /** A server for this one test, in the guest or on the node; the client waits until it listens. */
  private async betweenClientAndServer(command: BenchmarkCommand, place: Place): Promise<BenchmarkOutput> {
    const address = place === 'guest' ? this.guest.address : this.plan.lab.networks.servers.gateway;
    const server = iperfServer(address, this.longest);
    const serving = place === 'guest' ? this.inGuest(server) : this.onNode(server, true);
    serving.catch(() => {}); // What the client says of it is more.
    const client = inNamespace(this.namespace ?? '', this.program(command));
    for (let waited = 0; ; waited += 1) {
      const output = answerOf((await this.onNode(client)).stdout);
      const refused = /refused|unable to connect/i.test(output.output + output.errors);
      if (!refused || waited >= LISTENING_SECONDS) return output;
      await sleep(1000, undefined, { signal: this.world.signal });
    }
  }

  private inGuest(command: readonly string[]): Promise<ExecResult> {
    return this.world.agent(this.guest).exec(command, { timeoutSeconds: this.longest });
  }

  private onNode(command: readonly string[], allowFailure = false) {
    return this.world.shell.run(command, { timeoutSeconds: this.longest, allowFailure });
  }

  private program({ command, warmUp, files }: BenchmarkCommand): readonly string[] {
    const { seconds, warmUpSeconds } = this.settings;
    const prefix = `pve-virtualization-lab.${this.plan.lab.name}.`;
    const timeoutSeconds = seconds + warmUpSeconds + PATIENCE_SECONDS;
    return remoteProgram('benchmark', JSON.stringify({ warmUp, command, files, prefix, timeoutSeconds }));
  }

  /** Its warm-up and itself, each with all the patience. */
  private get longest(): number {
    return 2 * (this.settings.seconds + this.settings.warmUpSeconds + PATIENCE_SECONDS);
  }
}

function succeeded(result: ExecResult): ExecResult {
  if (result.exitCode === 0) return result;
  const said = result.stderr.trim().split('\n').at(-1);
  throw new Error(`benchmark.py in the guest ended with ${result.exitCode}: ${said}`);
}

function answerOf(stdout: string): BenchmarkOutput {
  return checked(benchmarkOutput, JSON.parse(stdout), 'benchmark.py');
}

function faultOf({ exitCode, errors, output, seconds }: BenchmarkOutput): string | null {
  if (exitCode === 0) return null;
  // iperf3 tells what went wrong in its JSON.
  const said = /"error":\s*"([^"]*)"/.exec(output)?.[1] ?? errors.trim().split('\n').at(-1);
  if (exitCode === null) return said || `cut off after ${Math.round(seconds)} s`;
  return `ended with ${exitCode}: ${said}`;
}
