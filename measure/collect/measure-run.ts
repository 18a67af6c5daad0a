import { basename, join } from 'node:path';
import { logDirectory, resultsDirectory } from '../../config';
import type { Lab } from '../../config/lab';
import type { LabIdentity } from '../../config/lab-identity';
import type { Target } from '../../config/target';
import type { LiveLine } from '../../machine/live-line';
import type { Lock } from '../../machine/lock';
import { ApiClient, ApiError } from '../../proxmox/api-client';
import { type GuestAccess, guestPath } from '../../proxmox/guest-access';
import { guestAccess } from '../../proxmox/guest-access-of';
import { GuestAgent } from '../../proxmox/guest-agent';
import { NodeShell } from '../../proxmox/node-shell';
import { Snapshots } from '../../proxmox/snapshots';
import { nextRateAfter } from '../analyse/load/load-ladder';
import { applicationIsEnough, levelIsEnough } from '../analyse/stopping';
import { Journal } from '../run/journal';
import type { LoadStep, RunPlan, Scenario } from '../run/raw-data';
import { RunDirectory } from '../run/run-directory';
import { registerPlan } from '../run/run-plan';
import { unlessAborted } from './abort';
import { collectBenchmarks, diskFacts } from './benchmarks/trials';
import { type DelayPlace, findDelayPlace } from './clients/delay';
import { describeEnvironment, type MadeWith } from './environment';
import { estimateSeconds, mayStopEarly } from './estimate';
import { collectLoad } from './load/load';
import { compareClocks, type NodeClock } from './node-clock';
import { lockNode } from './node-lock';
import { checkNode, missingApplications, NotReadyToMeasureError } from './preflight';
import { Progress } from './progress';
import { type OtherWork, waitForQuiet } from './quiet';
import { pollApi } from './resources/api-sample';
import { ApiPower, bringTo } from './resources/guest-power';
import { collectResources } from './resources/resources';
import { Sampler } from './resources/sampler';
import { readTerminal } from './resources/terminal-sample';
import { checkRequest, type PlannedRun, type RunRequest } from './run-request';
import { collectQos, type QosWorld } from './sessions/qos';
import { Resets } from './sessions/resets';

export interface MeasureOptions extends RunRequest {
  /** That of the lab which is deployed; only its guests are switched on and off. */
  readonly identity: LabIdentity | undefined;
  readonly target: Target;
  /** Text of lab.yaml, kept with the run. */
  readonly labFile: string;
  readonly madeWith: MadeWith;
  /** Lets all guests run at the end, as they did at the start; false where they are destroyed next anyway. */
  readonly restore: boolean;
  /** Longest wait for a quiet node before the first sample; undefined = `ask` decides. */
  readonly waitQuietMinutes?: number;
  /** What a person answers; undefined where nobody is there. */
  readonly ask: (question: string) => Promise<string | undefined>;
  readonly signal: AbortSignal;
  readonly line: LiveLine;
}

export interface MeasureResult {
  /** The run's directory. */
  readonly directory: string;
  /** One line for each visit, session or ladder that is not complete. */
  readonly faults: readonly string[];
  readonly interrupted: boolean;
  readonly seconds: number;
  readonly visits: number;
  readonly sessions: number;
  readonly ladders: number;
  readonly trials: number;
  readonly missingApplications: readonly { readonly guest: string; readonly reason: string }[];
}

interface World {
  readonly client: ApiClient;
  readonly shell: NodeShell;
  readonly clock: NodeClock;
  readonly power: ApiPower;
  readonly agent: (guest: Lab['guests'][number]) => GuestAccess;
  readonly directory: RunDirectory;
  readonly signal: AbortSignal;
}

/**
 * Measures the deployed lab and keeps the raw data. Throws before anything is touched if the lab is not there or the
 * directory holds a run; afterwards faults are recorded and the rest goes on.
 */
export async function measureRun(options: MeasureOptions): Promise<MeasureResult> {
  const { lab, target } = options;
  // What no further visit can do without ends the run, as the user does.
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const begin = performance.now();
  const directory = new RunDirectory(join(resultsDirectory(), options.run));
  const request = checkRequest(directory, options);
  const client = new ApiClient(target);
  client.onRefused = (error) => stop.abort(error);
  const shell = await NodeShell.connect(target.ssh);
  const progress = new Progress(options.line);
  let unlock: (() => Promise<void>) | undefined;
  try {
    await checkNode(client, shell, lab, options.identity, request.scenarios, request.reader);
    unlock = await lockNode(shell, lab.name, (error) => stop.abort(error));
    const clock = await compareClocks(shell);
    const agent = (guest: Lab['guests'][number]) => guestAccess(client, shell, guest);
    const power = new ApiPower(client, clock, agent, {
      readinessSeconds: lab.readinessSeconds,
      evidence: logDirectory(),
      onProgress: progress.say,
    });
    const world = { client, shell, clock, power, agent, directory, signal };
    const faults = await collect(world, { ...options, ...request, signal }, progress);
    if (stop.signal.aborted) throw stopped(stop.signal.reason as Error, directory);
    const seconds = (performance.now() - begin) / 1000;
    const interrupted = signal.aborted;
    return { directory: directory.path, faults, interrupted, seconds, ...directory.contents() };
  } finally {
    progress.end();
    await unlock?.();
    shell.close();
    await client.close();
  }
}

function stopped(reason: Error, directory: RunDirectory): Error {
  const refused = reason instanceof ApiError ? 'the node does not take the token or password any more: ' : '';
  const run = basename(directory.path);
  const kept = directory.exists() ? `; what was measured is kept, continue with --resume ${run}` : '';
  return new NotReadyToMeasureError(`the run has ended early: ${refused}${reason.message}${kept}`);
}

/** Returns the faults, an interruption among them. */
async function collect(
  world: World,
  request: MeasureOptions & PlannedRun,
  progress: Progress,
): Promise<readonly string[]> {
  const { lab } = request;
  const { power, directory, signal } = world;
  const faults: string[] = [];
  let journal: Journal | undefined;
  let claim: Lock | undefined;
  try {
    // Every guest must run to be asked for its application; after a deploy all of them do.
    await unlessAborted(bringTo(power, lab.guests, lab.guests), signal);
    const otherWork = await waitForQuiet(() => Sampler.start(world.shell, 1, vmidsOf(lab)), {
      waitMinutes: request.waitQuietMinutes,
      ask: request.ask,
      say: progress.say,
      signal,
    });
    const delayPlace = await whereDelayIsMade(world, request);
    const plan = request.resume ? directory.plan() : await registerRun(world, request);
    claim = await directory.claim();
    const acceleration = await recordEnvironment(world, request, otherWork);
    const estimate = { seconds: estimateSeconds(plan, acceleration), isMost: mayStopEarly(plan) };
    journal = new Journal(directory.path);
    journal.begin(estimate);
    progress.begin(estimate, journal);
    for (const { guest, reason } of plan.missingApplications) progress.say(`${guest}: left out, ${reason}`);
    const conditions = { delayPlace, progress: progress.say, journal, lab };
    // Sessions first: all guests run already, as they did in the paper.
    for (const scenario of ['qos', 'load', 'benchmarks', 'resources'] as const) {
      if (!plan.scenarios.includes(scenario)) continue;
      faults.push(...(await scenarios[scenario](world, plan, conditions)));
    }
    if (request.restore) await unlessAborted(bringTo(power, lab.guests, lab.guests), signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    faults.push('interrupted');
  } finally {
    journal?.write({ event: 'ended', interrupted: signal.aborted });
    await journal?.close();
    await claim?.release();
  }
  return faults;
}

interface Conditions {
  readonly delayPlace: DelayPlace;
  readonly progress: (text: string) => void;
  readonly journal?: Pick<Journal, 'write'>;
  readonly lab: Lab;
}

type Collect = (world: World, plan: RunPlan, conditions: Conditions) => Promise<readonly string[]>;

/** How each scenario is collected: what it needs of the world, and when enough was measured. */
const scenarios: Readonly<Record<Scenario, Collect>> = {
  qos: (world, plan, conditions) => {
    const { directory } = world;
    const isEnough = (guest: string) =>
      plan.plan.qos?.precision !== undefined &&
      applicationIsEnough(plan, directory.sessionsOf(plan, guest), guest);
    return collectQos(
      { ...world, ...conditions, isEnough, ...resetting(world, plan, conditions) },
      plan,
      directory,
    );
  },
  load: async (world, plan, conditions) => {
    const { load } = plan.plan;
    if (load === undefined) return [];
    const nextRate = (steps: readonly LoadStep[]) => nextRateAfter(load, steps);
    return collectLoad({ ...world, ...conditions, nextRate }, plan, world.directory);
  },
  benchmarks: (world, plan, conditions) => {
    const { client, directory } = world;
    const disk = async (guest: Lab['guests'][number]) => {
      const config = await client.get<{ scsi0?: string }>(guestPath(client, guest, 'config'));
      return diskFacts(config.scsi0 ?? '');
    };
    return collectBenchmarks({ ...world, ...conditions, disk }, plan, directory);
  },
  resources: (world, plan, conditions) => {
    const { client, clock, directory } = world;
    const isEnough = (level: number) =>
      plan.plan.resources?.precision !== undefined &&
      levelIsEnough(plan, directory.visitsOf(plan, level), level);
    const poll = () => pollApi(client, conditions.lab.guests, clock.now);
    const readStatus = () => readTerminal(world.shell, `/${client.node('status')}`, clock.now);
    const own = { poll, isEnough, readTerminal: readStatus };
    return collectResources({ ...world, ...conditions, ...own }, plan, directory);
  },
};

/** What brings the guests back to the state from which the plan lets sessions begin. */
function resetting(
  { client, power, agent, clock: { now } }: World,
  { run, plan, lab }: RunPlan,
  { progress }: Conditions,
): Pick<QosWorld, 'reset' | 'endResets'> {
  const from = plan.qos?.reset;
  if (from === undefined) return {};
  const snapshots = new Snapshots(client, (guest) =>
    guest.kind === 'vm' ? () => new GuestAgent(client, guest).ping() : undefined,
  );
  const resets = new Resets({ snapshots, power, agent, now, progress }, from, run);
  return { reset: (guest) => resets.begin(guest), endResets: () => resets.end(lab.guests) };
}

/** Null where the run has no clients, or their links no delay. */
async function whereDelayIsMade(
  { shell, agent, directory }: World,
  { lab, scenarios, resume }: MeasureOptions & PlannedRun,
): Promise<DelayPlace> {
  if (!scenarios.some((scenario) => scenario === 'qos' || scenario === 'load')) return null;
  return findDelayPlace(shell, resume ? directory.plan().lab : lab, agent);
}

async function registerRun(
  { clock, power, directory, signal }: World,
  { lab, labFile, run, planName, scenarios, reader }: MeasureOptions & PlannedRun,
): Promise<RunPlan> {
  const missing = missingApplications(lab.guests, (guest) => power.untilReady(guest));
  const plan = registerPlan(lab, {
    ...{ run, planName, scenarios, reader },
    registeredAt: new Date(clock.now() * 1000).toISOString(),
    missingApplications: await unlessAborted(missing, signal),
  });
  await directory.create(plan, labFile);
  return plan;
}

async function recordEnvironment(
  { shell, client, clock, directory, agent }: World,
  { lab, target, scenarios, madeWith }: MeasureOptions & PlannedRun,
  otherWork: OtherWork,
): Promise<Awaited<ReturnType<typeof describeEnvironment>>['acceleration']> {
  const described = await describeEnvironment({
    shell,
    client,
    clock,
    lab,
    madeWith,
    target: target.kind,
    acceleration: null,
    otherWork,
    toolsOf: scenarios.includes('benchmarks') ? agent : undefined,
  });
  await directory.saveEnvironment(described);
  return described.acceleration;
}

function vmidsOf({ guests }: Lab): readonly number[] {
  return guests.map(({ vmid }) => vmid);
}
