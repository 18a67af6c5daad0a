import type { RunPlan } from '../../run/raw-data';
import type { RunDirectory } from '../../run/run-directory';
import { plannedGuest, sessionNames, settingsOf } from '../../run/run-plan';
import { ClientNetwork } from '../clients/client-network';
import { madeOnNode } from '../clients/delay';
import { makeRepetitions } from '../repetitions';
import { Session, type SessionWorld } from './session';

/** What scenario 2 needs of the world. */
export interface QosWorld extends SessionWorld {
  /** Whether the sessions of a guest suffice by the plan's rule of precision; absent = every planned session is run. */
  readonly isEnough?: (guest: string) => boolean;
  /** Takes away what resets have left on the node, after the last session. */
  readonly endResets?: () => Promise<void>;
}

/**
 * Scenario 2: makes the clients, runs every planned session, saves each as it ends, removes the clients. A session that
 * fails is saved with its fault, and the next one is made. Returns the faults.
 */
export async function collectQos(
  world: QosWorld,
  plan: RunPlan,
  directory: RunDirectory,
): Promise<readonly string[]> {
  const sessions = sessionNames(plan).map((each) => ({ ...each, subject: each.guest }));
  const isMade = (name: string): boolean => directory.hasSession(name);
  if (sessions.every(({ name }) => isMade(name))) return [];
  const { lab } = plan;
  const network = await ClientNetwork.create(
    world.shell,
    lab.name,
    madeOnNode(lab.networks, world.delayPlace ?? null),
    lab.clients.slice(0, settingsOf(plan, 'qos').clients),
  );
  try {
    const faults = await makeRepetitions(sessions, {
      kind: 'session',
      isMade,
      isEnough: ({ guest }) => world.isEnough?.(guest) ?? false,
      announce: ({ guest }, number) => `session with ${guest} (${number} of ${sessions.length})`,
      make: async ({ name, guest }, index) => {
        const run = new Session(world, plan, network.clients, plannedGuest(plan, guest), index);
        const session = await run.run(directory.sessionDirectory(name));
        return directory.saveSession(name, session);
      },
      progress: world.progress,
      journal: world.journal,
      signal: world.signal,
    });
    // A run that is stopped keeps them: its other sessions are to begin from the same state.
    await world.endResets?.();
    return faults;
  } finally {
    await network.remove();
  }
}
