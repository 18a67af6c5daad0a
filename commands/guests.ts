import { InputError, loadDeployedLab, loadTarget } from '../config';
import type { Guest, Lab } from '../config/lab';
import { guestNamed } from '../config/lab-guest';
import type { Target } from '../config/target';
import { NO_VMID } from '../config/vmids';
import { ApiClient } from '../proxmox/api-client';
import { type GuestAccess, GuestAccessError } from '../proxmox/guest-access';
import { guestAccess, ShellWhenNeeded } from '../proxmox/guest-access-of';

/** What a command on one guest of the lab works with. */
export interface GuestAtHand {
  readonly lab: Lab;
  readonly target: Target;
  readonly guest: Guest;
  readonly client: ApiClient;
  /** The inside of the guest. */
  readonly access: GuestAccess;
}

/** Runs `work` with a guest of lab.yaml. Throws InputError where there is none of that name. */
export async function withGuest<T>(name: string, work: (hand: GuestAtHand) => Promise<T>): Promise<T> {
  const lab = loadDeployedLab();
  const guest = guestNamed(lab, name);
  if (guest.vmid === NO_VMID) throw new InputError(`${name} is not deployed: npx cdktf deploy makes it`);
  const target = loadTarget(lab);
  const client = new ApiClient(target);
  const shell = new ShellWhenNeeded(target, lab, guest.node);
  try {
    return await work({ lab, target, guest, client, access: guestAccess(client, shell, guest) });
  } catch (error) {
    throw error instanceof GuestAccessError ? inWords(error, name) : error;
  } finally {
    await shell.close();
    await client.close();
  }
}

const FAULTS: Readonly<Record<GuestAccessError['fault'], string>> = {
  'agent-absent': 'its guest agent does not answer: it is still booting, or hangs',
  'command-disabled': 'its guest agent does not allow this',
  'guest-stopped': 'it is not running',
  'guest-vanished': 'it is not on the node: npx cdktf deploy makes it',
};

function inWords(cause: GuestAccessError, name: string): Error {
  return new Error(`${name}: ${FAULTS[cause.fault]}`, { cause });
}
