import { existsSync, readFileSync } from 'node:fs';
import type { Lab } from '../config/lab';

interface State {
  readonly resources?: readonly {
    readonly mode: string;
    readonly type: string;
    readonly name: string;
    readonly instances: readonly {
      readonly attributes?: {
        readonly name?: string;
        readonly vm_id?: number;
        readonly triggers_replace?: { readonly value?: { readonly attempt?: string } };
      };
    }[];
  }[];
}

/**
 * By which attempt to deploy the node was looked at: the one in Terraform's state where all bridges and guests are
 * there, so that nothing changes; `next` where some of them are still to be made, so that it is looked at again.
 */
export function checkAttempt(
  file: string,
  { networks, guests }: Pick<Lab, 'networks' | 'guests'>,
  next: string,
): string {
  const wanted = [...Object.values(networks).map(({ bridge }) => bridge), ...guests.map(({ vmid }) => vmid)];
  const resources = readState(file).resources ?? [];
  const attributesOf = (fits: (type: string, name: string) => boolean) =>
    resources
      .filter(({ type, name }) => fits(type, name))
      .flatMap(({ instances }) => instances[0]?.attributes ?? []);
  const made = new Set<unknown>([
    ...attributesOf((type) => type.endsWith('_network_linux_bridge')).map(({ name }) => name),
    ...attributesOf((type) => type === 'proxmox_virtual_environment_vm').map(({ vm_id }) => vm_id),
  ]);
  if (!wanted.every((id) => made.has(id))) return next;
  const [check] = attributesOf((type, name) => type === 'terraform_data' && name.startsWith('node-check_'));
  return check?.triggers_replace?.value?.attempt ?? next;
}

function readState(file: string): State {
  if (!existsSync(file)) return {};
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as State;
  } catch {
    return {};
  }
}
