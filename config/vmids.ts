/** The vmids of a lab whose lab.yaml leaves them out (vmids: auto): who has which, and where that is remembered. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Guest, Lab, VmTemplate } from './lab';
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

type VmidOwner = Guest | VmTemplate;

/** All that the lab makes under a vmid: its guests, and the templates that VMs are cloned from. */
export function vmidOwners({ guests, templates }: Pick<Lab, 'guests' | 'templates'>): readonly VmidOwner[] {
  return [...guests, ...templates];
}

/**
 * The lab with vmids for those guests that have none and are among the known: by their name, else by their address, for
 * one that was renamed. No vmid is given twice, and none that lab.yaml gives to another guest.
 */
export function withVmids(lab: Lab, known: readonly KnownVmid[]): Lab {
  const vms = vmidOwners(lab);
  if (!vms.some(({ vmid }) => vmid === NO_VMID)) return lab;
  const names = new Set(vms.map(({ name }) => name));
  const used = new Set(vms.map(({ vmid }) => vmid));
  const given = new Map<string, number>();
  const give = (is: (one: KnownVmid, vm: VmidOwner) => boolean): void => {
    for (const vm of vms) {
      if (vm.vmid !== NO_VMID || given.has(vm.name)) continue;
      const found = known.find((one) => !used.has(one.vmid) && is(one, vm));
      if (!found) continue;
      used.add(found.vmid);
      given.set(vm.name, found.vmid);
    }
  };
  give((one, vm) => one.name === vm.name);
  give((one, vm) => 'address' in vm && one.ipAddress === vm.address && !names.has(one.name));
  const numbered = <V extends VmidOwner>(vm: V): V => {
    const copy: V = { ...vm, vmid: given.get(vm.name) ?? vm.vmid };
    Object.freeze(copy);
    return copy;
  };
  return Object.freeze({
    ...lab,
    guests: Object.freeze(lab.guests.map(numbered)),
    templates: Object.freeze(lab.templates.map(numbered)),
  });
}

/** Names of the guests, and of the templates that they are cloned from, that have no vmid yet. */
export function withoutVmid(lab: Pick<Lab, 'guests' | 'templates'>): readonly string[] {
  return vmidOwners(lab)
    .filter(({ vmid }) => vmid === NO_VMID)
    .map(({ name }) => name);
}
