import { loadRole } from '../../../config';
import type { Guest, LinkShape } from '../../../config/lab';
import type { GuestAccess } from '../../../proxmox/guest-access';
import type { Shell } from '../../../proxmox/node-shell';
import type { Journal } from '../../run/journal';
import { isShaped, linkShape } from '../../run/link-shape';
import type { LoadLadder, LoadRequest, LoadStep, RunPlan, UserStep } from '../../run/raw-data';
import type { RunDirectory } from '../../run/run-directory';
import { ladderNames, plannedGuest, settingsOf } from '../../run/run-plan';
import { type ClientNamespace, ClientNetwork, inNamespace } from '../clients/client-network';
import { type DelayPlace, delayInGuest, madeOnNode } from '../clients/delay';
import type { NodeClock } from '../node-clock';
import { makeRepetitions } from '../repetitions';
import { pagesToVisit } from '../sessions/reader';
import {
  arrivals,
  generatorDescription,
  type LoadRun,
  type LoadScript,
  runLoad,
  type UsersScript,
} from './load-generator';

/** What open-loop load needs of the world. */
export interface LoadWorld {
  readonly shell: Shell;
  readonly clock: NodeClock;
  /** Rate of the next step after those that were made, requests per second; null = the ladder is at its end. */
  readonly nextRate: (steps: readonly LoadStep[]) => number | null;
  /** Where the delay of the client's link is made; absent = there is none. */
  readonly delayPlace?: DelayPlace;
  /** For a delay that the guest makes. */
  readonly agent: (guest: Guest) => Pick<GuestAccess, 'exec'>;
  /** The application's port and pages; by default those of its role. */
  readonly application?: (guest: Guest) => { readonly port: number; readonly pages: readonly string[] };
  readonly progress: (text: string) => void;
  readonly journal?: Pick<Journal, 'write'>;
  readonly signal: AbortSignal;
}

/** Mean think time where the plan names none: TPC-W's. */
const usualThinkSeconds = 7;
/** Longest wait for the pages asked before a step, seconds: an emulated guest compiles some of them for 20 s. */
const warmUpSeconds = 120;

/**
 * Climbs every planned ladder from the first client and saves it after each of its steps, with a fault until it has
 * ended. A ladder that fails is saved with its fault, and the next one is climbed. Returns the faults.
 */
export async function collectLoad(
  world: LoadWorld,
  plan: RunPlan,
  directory: RunDirectory,
): Promise<readonly string[]> {
  const ladders = ladderNames(plan).map((each) => ({ ...each, subject: each.guest }));
  const isMade = (name: string): boolean => directory.hasLadder(name);
  if (ladders.every(({ name }) => isMade(name))) return [];
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
    return await makeRepetitions(ladders, {
      kind: 'ladder',
      isMade,
      announce: ({ guest }, number) => `load on ${guest} (${number} of ${ladders.length})`,
      make: ({ name, guest }, index) => {
        const ladder = new Ladder(world, plan, client, plannedGuest(plan, guest), index);
        return ladder.climb((state) => directory.saveLadder(name, state));
      },
      progress: world.progress,
      journal: world.journal,
      signal: world.signal,
    });
  } finally {
    await network.remove();
  }
}

class Ladder {
  private readonly port: number;
  private readonly pages: readonly string[];
  private readonly seed: number;
  private readonly shape: LinkShape;
  private readonly steps: LoadStep[] = [];
  private readonly userSteps: UserStep[] = [];

  constructor(
    private readonly world: LoadWorld,
    private readonly plan: RunPlan,
    private readonly client: ClientNamespace,
    private readonly guest: Guest,
    private readonly index: number,
  ) {
    const application = (world.application ?? loadRole)(guest);
    const { pages, rates } = settingsOf(plan, 'load');
    this.shape = linkShape(plan.lab.networks.clients);
    this.port = application.port;
    this.pages = application.pages.slice(0, pages);
    // Different times for each step of each ladder, and the same in every run.
    this.seed = plan.seed + index * (rates.steps + rates.refinements);
  }

  /** Never rejects, unless saving does: what went wrong is in the ladder's fault, which is also returned. */
  async climb(save: (ladder: LoadLadder) => Promise<string | null>): Promise<string | null> {
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
      link: isShaped(this.shape)
        ? { shape: this.shape, delayMadeIn: this.world.delayPlace ?? null }
        : undefined,
      steps: this.steps,
      userSteps: settingsOf(this.plan, 'load').users && this.userSteps,
      fault,
    });
    const fault = await this.makeSteps(() => save(state('cut off between two steps')));
    return save(state(fault));
  }

  private async makeSteps(afterEach: () => Promise<unknown>): Promise<string | null> {
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
      for (const users of settingsOf(this.plan, 'load').users ?? []) {
        this.world.progress(`${this.guest.name}: ${users} ${users === 1 ? 'user' : 'users'}`);
        this.userSteps.push(await this.userStep(users));
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

  /** Every page once; throws where one does not come. */
  private async warmUp(): Promise<readonly LoadRequest[]> {
    const alone = this.pages.map((path) => [path, 0] as const);
    const { requests } = await this.run({ requests: alone, drainSeconds: warmUpSeconds, inFlight: 1 });
    const unanswered = requests.find(
      ({ status, error }) => error !== null || status === null || status < 200 || status >= 300,
    );
    if (unanswered) throw new Error(`no page came before the step: ${outcome(unanswered)}`);
    return requests;
  }

  private async userStep(users: number): Promise<UserStep> {
    const { stepSeconds, drainSeconds, thinkSeconds = usualThinkSeconds } = settingsOf(this.plan, 'load');
    const warmUp = await this.warmUp();
    const seed = this.seed + users;
    const timing = { seconds: stepSeconds, thinkSeconds, drainSeconds };
    const made = await this.run({ paths: this.pages, users, seed, ...timing });
    return {
      users,
      thinkSeconds,
      startedAt: made.startedAt,
      seconds: stepSeconds,
      warmUp,
      requests: made.requests,
      generatorCpuSeconds: made.cpuSeconds,
    };
  }

  private async step(ratePerSecond: number): Promise<LoadStep> {
    const { stepSeconds, drainSeconds, inFlight } = settingsOf(this.plan, 'load');
    const warmUp = await this.warmUp();
    const times = arrivals(
      this.seed + this.steps.length,
      Math.round(ratePerSecond * stepSeconds),
      stepSeconds,
    );
    const paths = pagesToVisit(this.pages, times.length);
    const requests = times.map((seconds, index) => [paths[index] ?? '/', seconds] as const);
    const made = await this.run({ requests, drainSeconds, inFlight });
    return {
      ratePerSecond,
      startedAt: made.startedAt,
      seconds: stepSeconds,
      warmUp,
      requests: made.requests,
      generatorCpuSeconds: made.cpuSeconds,
    };
  }

  private run(
    script: Omit<LoadScript, 'host' | 'port'> | Omit<UsersScript, 'host' | 'port'>,
  ): Promise<LoadRun> {
    return runLoad(
      this.world.shell,
      { host: this.guest.address, port: this.port, ...script },
      (command) => inNamespace(this.client.namespace, command),
      this.world.signal,
    );
  }
}

function outcome({ path, error, status }: LoadRequest): string {
  return `${path}: ${error ?? `HTTP ${status}`}`;
}
