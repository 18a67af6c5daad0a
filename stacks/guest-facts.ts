import { forwardNote, localPort } from '../config/application-address';
import type { Guest, Lab } from '../config/lab';
import type { LabIdentity } from '../config/lab-identity';
import type { Role } from '../config/role';

/** What a guest says of itself on its node, whatever its kind. */
export function guestFacts({
  lab,
  guest,
  identity,
  role,
}: {
  readonly lab: Lab;
  readonly guest: Guest;
  readonly identity: LabIdentity;
  readonly role: Role;
}): { readonly description: string; readonly tags: string[] } {
  return {
    description: `${guest.role} of the virtualization lab ${lab.name}, ${identity.uuid}, ${forwardNote(localPort(guest.vmid, lab.localPorts), role.port)}`,
    // Proxmox VE keeps tags sorted; in another order every plan would show a change.
    tags: [identity.tag, lab.name, guest.role].sort(),
  };
}
