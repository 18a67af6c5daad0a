import { createHash } from 'node:crypto';
import { stringify } from 'yaml';
import { applicationAddress } from '../config/application-address';
import type { Guest, Lab } from '../config/lab';
import type { Role } from '../config/role';
import { guestUserData, roleVendorData } from './render';

export interface LabGuestData {
  readonly lab: Lab;
  readonly guest: Guest;
  readonly role: Role;
  readonly requireApplication: boolean;
}

/** The user-data of a guest of a lab. */
export function labUserData({ lab, guest, role, requireApplication }: LabGuestData): string {
  return guestUserData({
    title: role.title,
    name: guest.name,
    address: guest.address,
    forwarded: applicationAddress(lab, guest, role).onThisMachine,
    requireApplication,
  });
}

/** Files of a NoCloud seed by their names (cloud-init, DataSourceNoCloud). */
export type Seed = Readonly<Record<'meta-data' | 'network-config' | 'user-data' | 'vendor-data', string>>;

/**
 * What cloud-init finds in a container, where a VM has a drive of Proxmox VE's making. The same arguments give the same
 * bytes; others are another instance to cloud-init.
 */
export function containerSeed(data: LabGuestData): Seed {
  const { lab, guest, role } = data;
  const { cidr, gateway } = lab.networks.servers;
  const { dns } = lab.node;
  const network = {
    version: 2,
    ethernets: {
      eth0: {
        match: { name: 'eth0' },
        addresses: [`${guest.address}/${cidr.split('/')[1]}`],
        gateway4: gateway,
        ...(dns && { nameservers: { search: [dns.domain], addresses: [...dns.servers] } }),
      },
    },
  };
  const files = {
    'network-config': stringify(network),
    'user-data': labUserData(data),
    'vendor-data': roleVendorData(role),
  };
  const meta = { 'instance-id': `lab-${digestOf(files)}`, 'local-hostname': guest.name };
  return { ...files, 'meta-data': stringify(meta) };
}

/** Changes with any of the files. */
export function digestOf(files: Readonly<Record<string, string>>): string {
  return createHash('sha256').update(JSON.stringify(files)).digest('hex').slice(0, 12);
}
