import { setTimeout as sleep } from 'node:timers/promises';
import type { Guest } from '../../../config/lab';
import type { Shell } from '../../../proxmox/node-shell';
import type { Journal } from '../../run/journal';
import type {
  ApiSample,
  CounterSample,
  PowerChange,
  ResourceVisit,
  RunPlan,
  TerminalSample,
} from '../../run/raw-data';
import type { RunDirectory } from '../../run/run-directory';
import { guestsAtLevel, settingsOf, visitNames } from '../../run/run-plan';
import { unlessAborted } from '../abort';
import { RecordFault } from '../checked';
import type { NodeClock } from '../node-clock';
import { makeRepetitions } from '../repetitions';
import { bringTo, type GuestPower } from './guest-power';
import { POWERCAP, Sampler } from './sampler';
import { describeRule, settleRule, settleVerdict } from './settle';

/** What scenario 1 needs of the world. */
export interface ResourcesWorld {
  readonly shell: Shell;
  readonly power: GuestPower;
  readonly clock: NodeClock;
  poll(): Promise<ApiSample>;
  /** The node's status in a terminal of it; called outside of what is sampled. */
  readTerminal(): Promise<TerminalSample | null>;
  readonly progress: (text: string) => void;
  readonly journal?: Pick<Journal, 'write'>;
  /** Whether the visits of a level suffice by the plan's rule of precision; absent = every planned visit is made. */
  readonly isEnough?: (level: number) => boolean;
  /** Aborted when the user wants to stop. */
  readonly signal: AbortSignal;
}

/**
 * Scenario 1: visits every level in the planned order and saves each visit as it ends. A visit that fails is saved with
 * its fault, and the next one is made. Returns the faults. Visits that the directory holds already are passed over.
 */
export async function collectResources(
  world: ResourcesWorld,
  plan: RunPlan,
  directory: RunDirectory,
): Promise<readonly string[]> {
  const visits = visitNames(plan).map((each) => ({ ...each, subject: `level ${each.level}` }));
  return makeRepetitions(visits, {
    kind: 'visit',
    isMade: (name) => directory.hasVisit(name),
    isEnough: ({ level }) => world.isEnough?.(level) ?? false,
    announce: ({ subject }, number) => `${subject} (visit ${number} of ${visits.length})`,
    make: async ({ name, block, level }, index) => {
      try {
        const visit = await makeVisit(world, plan, { visit: index, block, level });
        return await directory.saveVisit(name, visit);
      } catch (error) {
        // Such a visit cannot be recorded; the others still can.
        if (error instanceof RecordFault) return error.message;
        throw error;
      }
    },
    progress: world.progress,
    journal: world.journal,
    signal: world.signal,
  });
}

/**
 * One visit. Rejects only if the node cannot be asked at all: anything else that goes wrong is in `fault`, beside all that
 * was collected until then.
 */
export async function makeVisit(
  world: ResourcesWorld,
  plan: RunPlan,
  place: Pick<ResourceVisit, 'visit' | 'block' | 'level'>,
): Promise<ResourceVisit> {
  const { guests } = plan.lab;
  const wanted = guestsAtLevel(guests, place.level);
  const settings = settingsOf(plan, 'resources');
  const { intervalSeconds, samples: wantedSamples, settleSeconds } = settings;
  const rule = settleRule(settings);
  const settling: CounterSample[] = [];
  const samples: CounterSample[] = [];
  const apiSamples: ApiSample[] = [];
  const changes: PowerChange[] = [];
  let terminal: TerminalSample | null = null;
  let changedAt = world.clock.now();
  let settledAt: number | null = null;
  let fault: string | null = null;
  let sampler: Sampler | undefined;
  try {
    await unlessAborted(
      bringTo(world.power, guests, wanted, (change) => changes.push(change)),
      world.signal,
    );
    changedAt = world.clock.now();
    sampler = await Sampler.start(
      world.shell,
      intervalSeconds,
      guests.map((guest) => guest.vmid),
      settingsOf(plan, 'resources').energy ? POWERCAP : undefined,
    );
    world.progress(`level ${place.level}: settling, at most ${settleSeconds} s`);
    settledAt = await settle(world, sampler, settling, rule, changedAt);
    world.progress(
      `level ${place.level}: ${settledAt === null ? 'still transient' : 'steady'}, taking ${wantedSamples} samples`,
    );
    await sampleAndPoll(world, sampler, { samples, apiSamples, wantedSamples, intervalSeconds });
    terminal = await world.readTerminal();
  } catch (error) {
    fault = world.signal.aborted ? 'interrupted' : error instanceof Error ? error.message : String(error);
  } finally {
    await sampler?.close();
  }
  return {
    ...place,
    runningGuests: runningNames(wanted, samples),
    changes,
    changedAt,
    settledAt,
    settleRule: describeRule(rule),
    // A visit whose guests did not start still says what its node is like.
    ...(sampler?.constants ?? (await nodeConstants(world.shell))),
    settlingSamples: settling,
    samples,
    apiSamples,
    terminal,
    fault: fault ?? guestFault(wanted, samples),
  };
}

async function nodeConstants(shell: Shell): Promise<Sampler['constants']> {
  const sampler = await Sampler.start(shell, 60, []);
  await sampler.close();
  return sampler.constants;
}

/** Reads samples until the CPU is steady; the time of the sample that showed it, or null at the limit. */
async function settle(
  world: ResourcesWorld,
  sampler: Sampler,
  settling: CounterSample[],
  rule: ReturnType<typeof settleRule>,
  changedAt: number,
): Promise<number | null> {
  for (;;) {
    world.signal.throwIfAborted();
    const sample = await sampler.next();
    settling.push(sample);
    world.journal?.write({ event: 'sample', settling: true, sample, ...sampler.constants });
    const verdict = settleVerdict(settling, sample.time - changedAt, rule, sampler.constants);
    if (verdict !== 'wait') return verdict === 'settled' ? sample.time : null;
  }
}

/** Takes the samples and, side by side, polls the API: at least four times in a visit, at most every 5 s. */
async function sampleAndPoll(
  world: ResourcesWorld,
  sampler: Sampler,
  into: {
    readonly samples: CounterSample[];
    readonly apiSamples: ApiSample[];
    readonly wantedSamples: number;
    readonly intervalSeconds: number;
  },
): Promise<void> {
  const done = new AbortController();
  const period = Math.min(5, (into.wantedSamples * into.intervalSeconds) / 4);
  const polls = (async () => {
    while (!done.signal.aborted) {
      into.apiSamples.push(await world.poll());
      await sleep(period * 1000, undefined, { signal: done.signal }).catch(() => {});
    }
  })();
  try {
    while (into.samples.length < into.wantedSamples) {
      world.signal.throwIfAborted();
      const sample = await sampler.next();
      into.samples.push(sample);
      world.journal?.write({ event: 'sample', settling: false, sample, ...sampler.constants });
    }
  } finally {
    done.abort();
    await polls;
  }
}

/** The guests whose processes were there in the last sample; before any sample, those that were meant to run. */
function runningNames(wanted: readonly Guest[], samples: readonly CounterSample[]): readonly string[] {
  const last = samples.at(-1);
  if (!last) return wanted.map((guest) => guest.name);
  const seen = new Set(last.guests.map((guest) => guest.vmid));
  return wanted.filter((guest) => seen.has(guest.vmid)).map((guest) => guest.name);
}

/** A guest killed or started by someone else during the visit makes it worthless for its level. */
function guestFault(wanted: readonly Guest[], samples: readonly CounterSample[]): string | null {
  const meant = new Set(wanted.map((guest) => guest.vmid));
  for (const sample of samples) {
    const seen = new Set(sample.guests.map((guest) => guest.vmid));
    const gone = wanted.find((guest) => !seen.has(guest.vmid));
    if (gone) return `guest ${gone.name} (VM ${gone.vmid}) stopped during the visit`;
    const foreign = [...seen].find((vmid) => !meant.has(vmid));
    if (foreign !== undefined) return `VM ${foreign} was started by someone else during the visit`;
  }
  return null;
}
