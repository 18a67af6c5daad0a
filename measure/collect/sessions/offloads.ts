import { z } from 'zod';
import type { GuestAccess } from '../../../proxmox/guest-access';
import type { Shell } from '../../../proxmox/node-shell';
import { type RecordOf, record } from '../../run/records/fields';
import { checked } from '../checked';
import { remoteProgram } from '../programs/remote-program';

/** Segmentation offloads by name (tso, gso, gro); one that the interface does not know is absent. */
export type Offloads = Readonly<Record<string, boolean>>;

const offloads = z.record(z.string(), z.boolean());
const answer = record({ interface: z.string(), before: offloads, after: offloads });
type Answer = RecordOf<typeof answer>;

const PROGRAM = 'offloads.py';

const off = ['tso=0', 'gso=0', 'gro=0'];

function settings(offloads: Offloads): string[] {
  return Object.entries(offloads).map(([name, on]) => `${name}=${on ? 1 : 0}`);
}

/** Offloads of an interface as they are now, and the way back to how they were. */
export interface OffloadsOff {
  readonly state: Offloads;
  restore(): Promise<void>;
}

/**
 * Switches the offloads of an interface of the node off. `wrap` puts the command where the interface is, a client's
 * namespace for example.
 */
export async function nodeOffloadsOff(
  shell: Shell,
  networkInterface: string,
  wrap: (command: readonly string[]) => readonly string[] = (command) => command,
): Promise<OffloadsOff> {
  const { stdout } = await shell.run(wrap(remoteProgram('offloads', networkInterface, ...off)));
  const { before, after } = checked(answer, JSON.parse(stdout), PROGRAM);
  return {
    state: after,
    restore: async () => {
      await shell.run(wrap(remoteProgram('offloads', networkInterface, ...settings(before))));
    },
  };
}

/** The same inside a guest, through its agent; the interface is the one that has `address`. */
export async function guestOffloadsOff(
  agent: Pick<GuestAccess, 'exec'>,
  address: string,
): Promise<OffloadsOff> {
  const set = async (...wanted: string[]): Promise<Answer> => {
    const done = await agent.exec(remoteProgram('offloads', address, ...wanted), { timeoutSeconds: 60 });
    if (done.exitCode !== 0)
      throw new Error(`offloads in the guest: ${done.stderr.trim() || `exit code ${done.exitCode}`}`);
    return checked(answer, JSON.parse(done.stdout), PROGRAM);
  };
  const { before, after } = await set(...off);
  return {
    state: after,
    restore: async () => {
      await set(...settings(before));
    },
  };
}

/** An offload counts as on if it is on anywhere. */
export function anyOn(states: readonly Offloads[]): Offloads {
  const merged: Record<string, boolean> = {};
  for (const state of states) {
    for (const [name, on] of Object.entries(state)) merged[name] = on || merged[name] === true;
  }
  return merged;
}
