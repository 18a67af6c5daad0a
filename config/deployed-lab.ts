import { join } from 'node:path';
import type { GuestKind } from './lab';
import { type LabIdentity, labIdentity } from './lab-identity';
import { repositoryRoot } from './paths';
import { guestKind, readState, resourceKind } from './state-file';

/** A guest that Terraform has made, or begun to make, or a template that VMs are cloned from. */
export interface DeployedGuest {
  /** By which Terraform knows it: proxmox_virtual_environment_vm.guest-129_vm_76064D47. */
  readonly address: string;
  readonly vmid: number;
  readonly kind: GuestKind;
  readonly name: string;
  /** IPv4 address that the lab gave it; undefined where the state does not say. */
  readonly ipAddress: string | undefined;
}

/** What Terraform's state says of the lab that is deployed from here. */
export interface DeployedLab {
  /** Undefined before the first deployment, after a destroy, and for a lab of a version that knew no identities. */
  readonly identity: LabIdentity | undefined;
  readonly guests: readonly DeployedGuest[];
  /** Key of the template that the guests were made of; undefined where they are of cloud images. */
  readonly templateKey: string | undefined;
}

/** Guests that the state has of a version without identities, known on the node by the tag of the lab's name. */
export interface OlderGuests {
  readonly tag: string;
  readonly vmids: readonly number[];
}

/** Those that are taken over; undefined where that is not asked for, or the lab has an identity. */
export function takenOver(
  { identity, guests }: Pick<DeployedLab, 'identity' | 'guests'>,
  lab: { readonly name: string },
  wanted: boolean,
): OlderGuests | undefined {
  return wanted && !identity ? { tag: lab.name, vmids: guests.map(({ vmid }) => vmid) } : undefined;
}

/** Bridges of the lab (bridgeId) that Terraform's state lacks: of a deployment that was cut off. */
export interface LostBridges {
  /** In use: Terraform imports them, for making them again fails ("interface already exists"). */
  readonly made: readonly string[];
  /** Declared and never applied: they are taken back before the first resource is made. */
  readonly staged: readonly string[];
}

export const NO_LOST_BRIDGES: LostBridges = { made: [], staged: [] };

/** Where CDKTF keeps the stack's state. */
export const TERRAFORM_STATE = join(repositoryRoot, 'terraform.lab.tfstate');

/** Name of the terraform_data resource that holds the lab's UUID. */
export const IDENTITY_RESOURCE = 'identity';

/** Nothing is deployed where there is no state, or none that can be read: an interrupted first deployment leaves such. */
export function readDeployedLab(file: string = TERRAFORM_STATE): DeployedLab {
  let uuid: string | undefined;
  let templateKey: string | undefined;
  const guests: DeployedGuest[] = [];
  for (const { mode, type, name, attributes } of readState(file) ?? []) {
    if (mode !== 'managed') continue;
    if (type === 'terraform_data' && name === IDENTITY_RESOURCE) {
      uuid = (attributes.input as { value?: string } | null)?.value;
    }
    if (resourceKind({ type }) === 'file') {
      templateKey ??= /-template-(\w+)\.(?:qcow2|tar\.zst)$/.exec(String(attributes.file_name))?.[1];
    }
    const kind = guestKind({ type });
    // A creation that was cut off at its begin leaves a guest without a number: Terraform made none.
    const vmid = Number(attributes.vm_id ?? attributes.id ?? Number.NaN);
    if (kind === undefined || Number.isNaN(vmid)) continue;
    const [initialization = {}] = (attributes.initialization ?? []) as readonly Initialization[];
    guests.push({
      ...{ address: `${type}.${name}`, vmid, kind },
      name: String(attributes.name ?? initialization.hostname ?? ''),
      ipAddress: addressIn(initialization),
    });
  }
  return { identity: uuid ? labIdentity(uuid) : undefined, guests, templateKey };
}

/** What the provider keeps of a guest's settings inside. */
interface Initialization {
  /** Of a container; a VM has a name. */
  readonly hostname?: string;
  readonly ip_config?: readonly { readonly ipv4?: readonly { readonly address?: string }[] }[];
}

/** Of ip_config, which the provider keeps as 192.168.10.29/24. */
function addressIn({ ip_config }: Initialization): string | undefined {
  return ip_config?.[0]?.ipv4?.[0]?.address?.split('/')[0];
}
