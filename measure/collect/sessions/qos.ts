import type { RunPlan } from '../../run/raw-data';
import type { RunDirectory } from '../../run/run-directory';
import { sessionNames, settingsOf } from '../../run/run-plan';
import { ClientNetwork } from '../clients/client-network';
import { madeOnNode } from '../clients/delay';
import { Session, type SessionWorld } from './session';

/** What scenario 2 needs of the world. */
export interface QosWorld extends SessionWorld {
  /** Whether the sessions of a guest suffice by the plan's rule of precision; absent = every planned session is run. */
  readonly isEnough?: (guest: string) => boolean;
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
  const faults: string[] = [];
  const sessions = sessionNames(plan);
  if (sessions.every(({ name }) => directory.hasSession(name))) return faults;
  const { lab } = plan;
  const network = await ClientNetwork.create(
    world.shell,
    lab.name,
    madeOnNode(lab.networks, world.delayPlace ?? null),
    lab.clients.slice(0, settingsOf(plan, 'qos').clients),
  );
  try {
    for (const [index, { name, guest: guestName }] of sessions.entries()) {
      if (directory.hasSession(name)) continue;
      world.signal.throwIfAborted();
      if (world.isEnough?.(guestName)) {
        world.progress(`${guestName}: precise enough, no further session`);
        continue;
      }
      const guest = lab.guests.find((each) => each.name === guestName);
      if (!guest) throw new Error(`plan.json names the guest ${guestName}, which its lab does not have`);
      world.progress(`session with ${guestName} (${index + 1} of ${sessions.length})`);
      const session = await new Session(world, plan, network.clients, guest, index).run(
        directory.sessionDirectory(name),
      );
      await directory.saveSession(name, session);
      if (session.fault) {
        faults.push(`${name}: ${session.fault}`);
        world.progress(`${guestName}: ${session.fault}`);
      }
    }
    world.signal.throwIfAborted();
  } finally {
    await network.remove();
  }
  return faults;
}
