import type { Lab } from '../config/lab';
import { bridgedNetworks, labShares } from '../config/lab-shares';
import { guestKind, readState, resourceKind } from '../config/state-file';
import { vmidOwners } from '../config/vmids';

/**
 * By which attempt to deploy the node was looked at: the one in Terraform's state where all bridges and guests are
 * there, so that nothing changes; `next` where some of them are still to be made, so that it is looked at again. Guests
 * that are `gone` from the node will be made again, although the state has them.
 */
export function checkAttempt(file: string, lab: Lab, next: string, gone: readonly number[] = []): string {
  const bridges = labShares(lab).flatMap((share) =>
    bridgedNetworks(share).map((name) => placed(share.networks[name].bridge, share.nodeName)),
  );
  const wanted = [...bridges, ...vmidOwners(lab).map(({ vmid }) => vmid)];
  const state = readState(file) ?? [];
  const made = new Set<unknown>(
    state.map(({ type, attributes }) =>
      resourceKind({ type }) === 'network_linux_bridge'
        ? placed(String(attributes.name), String(attributes.node_name))
        : guestKind({ type }) && attributes.vm_id,
    ),
  );
  for (const vmid of gone) made.delete(vmid);
  if (!wanted.every((id) => made.has(id))) return next;
  const check = state.find(({ type, name }) => type === 'terraform_data' && name.startsWith('node-check_'));
  const triggers = check?.attributes.triggers_replace as { value?: { attempt?: string } } | undefined;
  return triggers?.value?.attempt ?? next;
}

function placed(bridge: string, nodeName: string): string {
  return `${nodeName}/${bridge}`;
}
