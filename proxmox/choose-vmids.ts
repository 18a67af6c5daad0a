import { InputError } from '../config';
import type { DeployedLab } from '../config/deployed-lab';
import type { Lab } from '../config/lab';
import { type KnownVmid, vmidOwners, withoutVmid, withVmids } from '../config/vmids';
import type { ApiClient } from './api-client';
import { foreignGuests } from './foreign-guests';
import { freeVmids } from './free-vmids';
import { ifReachable } from './if-reachable';

/** What is known of vmids before the node is asked. */
export interface KnownVmids {
  readonly deployed: Pick<DeployedLab, 'guests'>;
  /** Those of the last synthesis. */
  readonly chosen: readonly KnownVmid[];
  /** Tag of the lab. */
  readonly tag: string;
}

/**
 * The lab with a vmid for each guest, whenever the stack is synthesized. What Terraform's state says holds; guests that
 * it does not have keep what was chosen before while that is free. Throws InputError where the node must choose and
 * cannot be asked.
 */
export async function chooseVmids(written: Lab, known: KnownVmids): Promise<Lab> {
  if (withoutVmid(withVmids(written, known.deployed.guests)).length === 0) {
    return withVmids(written, known.deployed.guests);
  }
  const asked = await ifReachable(written, (client) => vmidsOfNode(client, written, known));
  if ('found' in asked) return asked.found;
  const remembered = withVmids(withVmids(written, known.deployed.guests), known.chosen);
  const missing = withoutVmid(remembered);
  if (missing.length === 0) return remembered;
  throw new InputError(
    `the guests ${missing.join(', ')} have no vmid in lab.yaml (vmids: auto), and the node, which knows the free ones, cannot be asked: ${asked.unreachable.message}`,
    { cause: asked.unreachable },
  );
}

/** The same with a node that answers. */
export async function vmidsOfNode(
  client: Pick<ApiClient, 'get'>,
  written: Lab,
  { deployed, chosen, tag }: KnownVmids,
): Promise<Lab> {
  const made = withVmids(written, deployed.guests);
  const open = new Set(withoutVmid(made));
  const before = vmidOwners(withVmids(made, chosen)).filter(({ name, vmid }) => open.has(name) && vmid !== 0);
  const taken = await foreignGuests(
    client,
    before.map(({ vmid }) => vmid),
    tag,
  );
  const kept = before.filter(({ vmid }) => !taken.some((guest) => guest.vmid === vmid));
  const lab = withVmids(made, kept);
  const missing = withoutVmid(lab);
  const avoid = [...vmidOwners(lab), ...deployed.guests].map(({ vmid }) => vmid);
  const free = await freeVmids(client, missing.length, avoid);
  return withVmids(
    lab,
    missing.map((name, index) => ({ name, vmid: free[index] ?? 0 })),
  );
}
