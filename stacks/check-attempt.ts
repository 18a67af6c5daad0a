import { existsSync, readFileSync } from 'node:fs';
import type { Lab } from '../config/lab';
import { bridgedNetworks, labShares } from '../config/lab-shares';

interface State {
  readonly resources?: readonly {
    readonly mode: string;
    readonly type: string;
    readonly name: string;
    readonly instances: readonly {
      readonly attributes?: {
        readonly name?: string;
        readonly node_name?: string;
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
export function checkAttempt(file: string, lab: Lab, next: string): string {
  const bridges = labShares(lab).flatMap((share) =>
    bridgedNetworks(share).map((name) => placed(share.networks[name].bridge, share.nodeName)),
  );
  const wanted = [...bridges, ...lab.guests.map(({ vmid }) => vmid)];
  const resources = readState(file).resources ?? [];
  const attributesOf = (fits: (type: string, name: string) => boolean) =>
    resources
      .filter(({ type, name }) => fits(type, name))
      .flatMap(({ instances }) => instances[0]?.attributes ?? []);
  const made = new Set<unknown>([
    ...attributesOf((type) => type.endsWith('_network_linux_bridge')).map(({ name, node_name }) =>
      placed(name, node_name),
    ),
    ...attributesOf((type) => type === 'proxmox_virtual_environment_vm').map(({ vm_id }) => vm_id),
  ]);
  if (!wanted.every((id) => made.has(id))) return next;
  const [check] = attributesOf((type, name) => type === 'terraform_data' && name.startsWith('node-check_'));
  return check?.triggers_replace?.value?.attempt ?? next;
}

function placed(bridge: string | undefined, nodeName: string | undefined): string {
  return `${nodeName}/${bridge}`;
}

function readState(file: string): State {
  if (!existsSync(file)) return {};
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as State;
  } catch {
    return {};
  }
}
