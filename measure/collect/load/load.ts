import { ROLES } from '../../../cloud-init/roles';
import type { Guest, LinkShape } from '../../../config/lab';
import type { GuestAgent } from '../../../proxmox/guest-agent';
import type { Shell } from '../../../proxmox/node-shell';
import { linkShape } from '../../run/link-shape';
import type { LoadLadder, LoadRequest, LoadStep, RunPlan } from '../../run/raw-data';
import type { RunDirectory } from '../../run/run-directory';
import { ladderNames, settingsOf } from '../../run/run-plan';
import { type ClientNamespace, ClientNetwork, inNamespace } from '../clients/client-network';
import { type DelayPlace, delayInGuest, madeOnNode } from '../clients/delay';
import type { NodeClock } from '../node-clock';
import { pagesToVisit } from '../sessions/reader';
import { arrivals, generatorDescription, type LoadRun, runLoad } from './load-generator';

/** What open-loop load needs of the world. */
export interface LoadWorld {
  readonly shell: Shell;
  readonly clock: NodeClock;
  /** Rate of the next step after those that were made, requests per second; null = the ladder is at its end. */
  readonly nextRate: (steps: readonly LoadStep[]) => number | null;
  /** Where the delay of the client's link is made; absent = there is none. */
  readonly delayPlace?: DelayPlace;
  /** For a delay that the guest makes. */
  readonly agent: (guest: Guest) => Pick<GuestAgent, 'exec'>;
  /** The application's port and pages; by default those of its role. */
  readonly application?: (guest: Guest) => { readonly port: number; readonly pages: readonly string[] };
  readonly progress: (text: string) => void;
  readonly signal: AbortSignal;
}

/** Longest wait for the pages asked before a step, seconds: an emulated guest compiles some of them for 20 s. */
const warmUpSeconds = 120;

/**
 * Climbs every planned ladder from the first client and saves it after each of its steps, until the end with a fault that
 * says so. A ladder that fails is saved with its fault, and the next one is climbed. Returns the faults.
 */
export async function collectLoad(
  world: LoadWorld,
  plan: RunPlan,
  directory: RunDirectory,
): Promise<readonly string[]> {
  const faults: string[] = [];
  const ladders = ladderNames(plan);
  if (ladders.every(({ name }) => directory.hasLadder(name))) return faults;
  const { lab } = plan;
  const network = await ClientNetwork.create(
    world.shell,
    lab.name,
    madeOnNode(lab.networks, world.delayPlace ?? null),
    lab.clients.slice(0, 1),
  );
  try {
    const [client] = network.clients;
    if (!client) throw new Error('plan.json: its lab has no clients');
    for (const [index, { name, guest: guestName }] of ladders.entries()) {
      if (directory.hasLadder(name)) continue;
      world.signal.throwIfAborted();
      const guest = lab.guests.find((each) => each.name === guestName);
      if (!guest) throw new Error(`plan.json names the guest ${guestName}, which its lab does not have`);
      world.progress(`load on ${guestName} (${index + 1} of ${ladders.length})`);
      const ladder = new Ladder(world, plan, client, guest, index);
      const fault = await ladder.climb((state) => directory.saveLadder(name, state));
      if (fault) {
        faults.push(`${name}: ${fault}`);
        world.progress(`${guestName}: ${fault}`);
      }
    }
    world.signal.throwIfAborted();
  } finally {
    await network.remove();
  }
  return faults;
}

class Ladder {
  private readonly port: number;
  private readonly pages: readonly string[];
  private readonly seed: number;
  private readonly shape: LinkShape;
  private readonly steps: LoadStep[] = [];

  constructor(
    private readonly world: LoadWorld,
    private readonly plan: RunPlan,
    private readonly client: ClientNamespace,
    private readonly guest: Guest,
    private readonly index: number,
  ) {
    const application = (world.application ?? ((each: Guest) => ROLES[each.role]))(guest);
    const { pages, rates } = settingsOf(plan, 'load');
    this.shape = linkShape(plan.lab.networks.clients);
    this.port = application.port;
    this.pages = application.pages.slice(0, pages);
    // Other times for each step of each ladder, and the same ones in every run.
    this.seed = plan.seed + index * (rates.steps + rates.refinements);
  }

  /** Never rejects, unless saving does: what went wrong is in the ladder's fault, which is also returned. */
  async climb(save: (ladder: LoadLadder) => Promise<void>): Promise<string | null> {
    const startedAt = this.world.clock.now();
    const state = (fault: string | null): LoadLadder => ({
      ladder: this.index,
      guest: this.guest.name,
      role: this.guest.role,
      client: { name: this.client.client.name, address: this.client.client.address },
      serverAddress: this.guest.address,
      serverPort: this.port,
      startedAt,
      endedAt: this.world.clock.now(),
      seed: this.seed,
      generator: generatorDescription,
      ...(Object.keys(this.shape).length === 0
        ? {}
        : { link: { shape: this.shape, delayMadeIn: this.world.delayPlace ?? null } }),
      steps: this.steps,
      fault,
    });
    const fault = await this.makeSteps(() => save(state('cut off between two steps')));
    await save(state(fault));
    return fault;
  }

  private async makeSteps(afterEach: () => Promise<void>): Promise<string | null> {
    let delayed: Awaited<ReturnType<typeof delayInGuest>> | undefined;
    try {
      if (this.world.delayPlace === 'guest') {
        delayed = await delayInGuest(this.world.agent(this.guest), this.guest.address, this.shape);
      }
      for (let rate = this.world.nextRate([]); rate !== null; rate = this.world.nextRate(this.steps)) {
        this.world.progress(`${this.guest.name}: ${Number(rate.toPrecision(3))} requests/s`);
        this.steps.push(await this.step(rate));
        await afterEach();
      }
      return null;
    } catch (error) {
      if (this.world.signal.aborted) return 'interrupted';
      return error instanceof Error ? error.message : String(error);
    } finally {
      // A guest that went away in between has taken its delay along.
      await delayed?.restore().catch(() => {});
    }
  }

  private async step(ratePerSecond: number): Promise<LoadStep> {
    const { stepSeconds, drainSeconds, inFlight } = settingsOf(this.plan, 'load');
    const alone = this.pages.map((path) => [path, 0] as const);
    const before = await this.run(alone, { drainSeconds: warmUpSeconds, inFlight: 1 });
    const unanswered = before.requests.find(
      ({ status, error }) => error !== null || status === null || status < 200 || status >= 300,
    );
    if (unanswered) throw new Error(`no page came before the step: ${outcome(unanswered)}`);
    const times = arrivals(
      this.seed + this.steps.length,
      Math.round(ratePerSecond * stepSeconds),
      stepSeconds,
    );
    const paths = pagesToVisit(this.pages, times.length);
    const requests = times.map((seconds, index) => [paths[index] ?? '/', seconds] as const);
    const made = await this.run(requests, { drainSeconds, inFlight });
    return {
      ratePerSecond,
      startedAt: made.startedAt,
      seconds: stepSeconds,
      warmUp: before.requests,
      requests: made.requests,
      generatorCpuSeconds: made.cpuSeconds,
    };
  }

  private run(
    requests: readonly (readonly [string, number])[],
    limits: { readonly drainSeconds: number; readonly inFlight: number },
  ): Promise<LoadRun> {
    return runLoad(
      this.world.shell,
      { host: this.guest.address, port: this.port, requests, ...limits },
      (command) => inNamespace(this.client.namespace, command),
      this.world.signal,
    );
  }
}

function outcome({ path, error, status }: LoadRequest): string {
  return `${path}: ${error ?? `HTTP ${status}`}`;
}
