import type { DeployedGuest } from './deployed-lab';
import type { Lab } from './lab';

/** The lab with each guest of the kind that Terraform's state has of it; a guest that it lacks stays as declared. */
export function deployedKinds(lab: Lab, deployed: readonly Pick<DeployedGuest, 'vmid' | 'kind'>[]): Lab {
  const kinds = new Map(deployed.map(({ vmid, kind }) => [vmid, kind]));
  const guests = lab.guests.map((guest) =>
    Object.freeze({ ...guest, kind: kinds.get(guest.vmid) ?? guest.kind }),
  );
  return Object.freeze({ ...lab, guests: Object.freeze(guests) });
}
