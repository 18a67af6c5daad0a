/** The vmids of a lab whose lab.yaml leaves them out (vmids: auto): who has which, and where that is remembered. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Lab } from './lab';
import { repositoryRoot } from './paths';

/** Of a guest that has none yet; Proxmox VE's begin at 100. */
export const NO_VMID = 0;

/** A vmid that was chosen for a guest. */
export interface KnownVmid {
  readonly name: string;
  /** By which a guest that was renamed is known. */
  readonly ipAddress?: string;
  readonly vmid: number;
}

/**
 * What was chosen when the stack was last synthesized. Terraform's state has it too, as soon as a guest is made; its
 * hooks look for it before that.
 */
export const CHOSEN_VMIDS = join(repositoryRoot, '.lab', 'vmids.json');

/** Nothing where there is no such file, or none that can be read: then they are chosen again. */
export function readChosenVmids(file: string = CHOSEN_VMIDS): readonly KnownVmid[] {
  try {
    const known: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return Array.isArray(known) ? known.filter(isKnownVmid) : [];
  } catch {
    return [];
  }
}

function isKnownVmid(entry: unknown): entry is KnownVmid {
  const { name, vmid } = (entry ?? {}) as Partial<Record<keyof KnownVmid, unknown>>;
  return typeof name === 'string' && Number.isInteger(vmid);
}

/**
 * The lab with vmids for those guests that have none and are among the known: by their name, else by their address, for
 * one that was renamed. No vmid is given twice, and none that lab.yaml gives to another guest.
 */
export function withVmids(lab: Lab, known: readonly KnownVmid[]): Lab {
  if (!lab.guests.some(({ vmid }) => vmid === NO_VMID)) return lab;
  const names = new Set(lab.guests.map(({ name }) => name));
  const used = new Set(lab.guests.map(({ vmid }) => vmid));
  const given = new Map<string, number>();
  const give = (is: (one: KnownVmid, guest: Lab['guests'][number]) => boolean): void => {
    for (const guest of lab.guests) {
      if (guest.vmid !== NO_VMID || given.has(guest.name)) continue;
      const found = known.find((one) => !used.has(one.vmid) && is(one, guest));
      if (!found) continue;
      used.add(found.vmid);
      given.set(guest.name, found.vmid);
    }
  };
  give((one, guest) => one.name === guest.name);
  give((one, guest) => one.ipAddress === guest.address && !names.has(one.name));
  const guests = lab.guests.map((guest) =>
    Object.freeze({ ...guest, vmid: given.get(guest.name) ?? guest.vmid }),
  );
  return Object.freeze({ ...lab, guests: Object.freeze(guests) });
}

/** Names of the guests that have no vmid yet. */
export function withoutVmid({ guests }: Pick<Lab, 'guests'>): readonly string[] {
  return guests.filter(({ vmid }) => vmid === NO_VMID).map(({ name }) => name);
}
