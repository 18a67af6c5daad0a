import { diskFaults, diskOptionFaults, templateFaults } from './disk-rules';
import type { GuestKind } from './lab';
import { duplicates, hostFaults, networkFaults, takenFaults, vlanFaults } from './network-rules';
import { addressesOfNodes, nodeFaults } from './node-rules';
import { planFaults } from './plan-rules';
import { storageFaults } from './storage-rules';
import type { TakenNetwork } from './taken-networks';
import { type Fields, fields, list, text } from './written';
import type { Fault } from './yaml-file';

export interface CrossFieldOptions {
  readonly nodeName?: string;
  readonly guestKind?: GuestKind;
  readonly taken?: readonly TakenNetwork[];
  readonly onlyNode?: boolean;
}

/**
 * The rules between fields: what must be unique, what must lie in what. They read the file as it was written, not as
 * it was checked, and pass over anything of the wrong type: so a misspelt key in one guest does not hide that two
 * others share an address. `roles` are the roles there are, `taken` networks that somebody else has.
 */
export function crossFieldFaults(
  file: unknown,
  roles: readonly string[],
  { nodeName, guestKind, taken = [], onlyNode = false }: CrossFieldOptions = {},
): readonly Fault[] {
  const lab = fields(file);
  return [
    ...networkFaults(lab),
    ...takenFaults(lab, [...taken, ...addressesOfNodes(lab)]),
    ...hostFaults(lab, 'guests', 'servers'),
    ...hostFaults(lab, 'clients', 'clients'),
    ...nameFaults(lab),
    ...duplicates('guests', lab, 'vmid', (value) =>
      typeof value === 'number' ? `vmid ${value}` : undefined,
    ),
    ...vmidFaults(lab),
    ...roleFaults(lab, roles),
    ...imageFaults(lab),
    ...backupFaults(lab),
    ...templateFaults(lab),
    ...diskFaults(lab),
    ...diskOptionFaults(lab, guestKind),
    ...vlanFaults(lab, onlyNode),
    ...storageFaults(lab, guestKind, onlyNode),
    ...containerFaults(lab, guestKind),
    ...planFaults(lab),
    ...hostsFileFaults(lab),
    ...nodeFaults(lab, nodeName, onlyNode),
  ];
}

/** Names of guests and of clients; host names do not tell capitals apart. */
function nameFaults(lab: Fields): readonly Fault[] {
  const seen = (value: unknown) => text(value)?.toLowerCase();
  return [...duplicates('guests', lab, 'name', seen), ...duplicates('clients', lab, 'name', seen)];
}

/** A job that is for no guest cannot be. */
function backupFaults(lab: Fields): readonly Fault[] {
  if (lab.backup === undefined || !Array.isArray(lab.guests) || lab.guests.length > 0) return [];
  return [{ path: ['backup'], message: 'has no guest to back up; a lab without guests needs none' }];
}

/** A guest without a vmid is one that gets a free one, and that must be asked for. */
function vmidFaults(lab: Fields): readonly Fault[] {
  if (lab.vmids !== undefined) return [];
  return list(lab.guests).flatMap((guest, index) => {
    if (guest.vmid !== undefined) return [];
    const message = 'is missing; with "vmids: auto" at the top of the file the guest gets a free one';
    return [{ path: ['guests', index, 'vmid'], message }];
  });
}

/** A container is made of an archive, and cloud images are disks. */
function containerFaults(lab: Fields, kindOfAll: GuestKind | undefined): readonly Fault[] {
  if (fields(lab.images).source !== 'cloud') return [];
  return list(lab.guests).flatMap((guest, index) => {
    if ((kindOfAll ?? guest.kind) !== 'container') return [];
    const message =
      "a container is made of the lab's own template, and not of a cloud image, which is a disk: images.source: template";
    return [{ path: ['guests', index, 'kind'], message }];
  });
}

/** A guest has its role and the lab's name as tags, which must be told apart. */
function roleFaults(lab: Fields, roles: readonly string[]): readonly Fault[] {
  const faults: Fault[] = [];
  const name = text(lab.name);
  if (name !== undefined && roles.includes(name)) {
    const message = `"${name}" is a role: guests have both as tags, so that those of another lab would pass for this one's; take another name`;
    faults.push({ path: ['name'], message });
  }
  list(lab.guests).forEach((guest, index) => {
    const role = text(guest.role);
    if (role === undefined || roles.includes(role)) return;
    const message = `"${role}" is no role; there are ${roles.join(', ')}, and those that you put into roles/ beside this file (docs/how-to/your-own-application.md)`;
    faults.push({ path: ['guests', index, 'role'], message });
  });
  return faults;
}

function imageFaults(lab: Fields): readonly Fault[] {
  const images = fields(lab.images);
  const cloud = fields(images.cloud);
  const known = Object.keys(cloud);
  const faults: Fault[] = [];
  const used = new Set<string>();
  list(lab.guests).forEach((guest, index) => {
    const image = text(guest.image);
    if (image === undefined) {
      if (images.source === 'cloud' && guest.image === undefined) {
        faults.push({
          path: ['guests', index, 'image'],
          message: `is missing; one of: ${known.join(', ') || 'none is declared'}`,
        });
      }
      return;
    }
    if (!Object.hasOwn(cloud, image)) {
      const message = `"${image}" is not declared under images.cloud (${known.join(', ') || 'which is empty'})`;
      faults.push({ path: ['guests', index, 'image'], message });
      return;
    }
    if (images.source === 'cloud') used.add(image);
  });
  for (const image of used) {
    if (fields(cloud[image]).checksum !== '') continue;
    faults.push({
      path: ['images', 'cloud', image, 'checksum'],
      message: `is empty; the distribution publishes it in the directory of ${fields(cloud[image]).url} (SHA256SUMS, SHA512SUMS or <image>.SHA256SUM)`,
    });
  }
  return faults;
}

/** The provider replaces the whole hosts file; without these two entries the node's own services would not start. */
function hostsFileFaults(lab: Fields): readonly Fault[] {
  const node = fields(lab.node);
  if (!Array.isArray(node.hosts)) return [];
  const names = list(node.hosts).flatMap((entry) => (Array.isArray(entry.names) ? entry.names : []));
  return ['localhost', node.name]
    .filter((name) => !names.includes(name))
    .map((name) => ({
      path: ['node', 'hosts'],
      message: `has no entry for ${name}; it stands for the whole hosts file of the node, which needs one`,
    }));
}
