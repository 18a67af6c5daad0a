import { InputError, loadTarget } from '../config';
import { type DeployedLab, type LostBridges, NO_LOST_BRIDGES, takenOver } from '../config/deployed-lab';
import type { Lab } from '../config/lab';
import type { ApiClient } from './api-client';
import { foreignGuests, foreignGuestsMessage } from './foreign-guests';
import { proposal } from './free-vmids';
import { ifReachable } from './if-reachable';
import { unmountLeft } from './left-mounted';
import { findLostBridges, type KnownBridges } from './lost-bridges';

export interface DeployedOnNode {
  readonly lostBridges: LostBridges;
  /** Vmids of the state's guests that no guest has any longer. */
  readonly gone: readonly number[];
}

const UNKNOWN: DeployedOnNode = { lostBridges: NO_LOST_BRIDGES, gone: [] };

/**
 * What is to be known of a lab that is deployed, at least in part, whenever the stack is synthesized and before Terraform
 * looks at anything: refuseForeignGuests(), for Terraform's own conditions do not hold for a destroy, and provisioners do
 * not run for a VM that was made in part; unmountLeft(); the bridges that its state lacks, and the guests that the node
 * lacks. A node that is not up or cannot be
 * reached is left to Terraform, which will not get further.
 */
export async function lookAtDeployedLab(
  deployed: DeployedLab,
  lab: Lab,
  knownBridges: KnownBridges,
  takeOver: boolean,
): Promise<DeployedOnNode> {
  const { identity, guests } = deployed;
  if (!identity && guests.length === 0) return UNKNOWN;
  const asked = await ifReachable(lab, async (client) => {
    await refuseForeignGuests(client, deployed, lab, takeOver);
    await unmountLeft(client, loadTarget(lab), lab, guests);
    const lostBridges = identity
      ? await findLostBridges(client, lab, identity.tag, knownBridges)
      : NO_LOST_BRIDGES;
    return { lostBridges, gone: await goneGuests(client, guests) };
  });
  return 'found' in asked ? asked.found : UNKNOWN;
}

/** Vmids of those that were removed by hand. */
export async function goneGuests(
  client: Pick<ApiClient, 'get'>,
  guests: DeployedLab['guests'],
): Promise<readonly number[]> {
  const rows = await client.get<{ readonly vmid: number }[]>('cluster/resources', { type: 'vm' });
  const there = new Set(rows.map(({ vmid }) => vmid));
  return guests.map(({ vmid }) => vmid).filter((vmid) => !there.has(vmid));
}

/**
 * Throws InputError where a guest that Terraform's state has is not the lab's on the node any longer: somebody removed it
 * and made another one of the same vmid. Terraform would change or destroy that one.
 *
 * A lab of a version that knew no identities is known by the tag of its name, and taken over when it is asked for.
 */
export async function refuseForeignGuests(
  client: Pick<ApiClient, 'get'>,
  { identity, guests }: Pick<DeployedLab, 'identity' | 'guests'>,
  lab: Pick<Lab, 'name'>,
  takeOver: boolean,
): Promise<void> {
  const tag = identity?.tag ?? lab.name;
  const vmids = guests.map(({ vmid }) => vmid);
  // Of the other kind, in the place of one that is gone: Terraform finds none there, and a deployment stops at its plan.
  const kinds = new Map(guests.map(({ vmid, kind }) => [vmid, kind]));
  const foreign = (
    await foreignGuests(client, vmids, tag, takenOver({ identity, guests }, lab, takeOver))
  ).filter(({ vmid, kind }) => kind === undefined || kind === kinds.get(vmid));
  if (foreign.length > 0) {
    const forget = guests
      .filter(({ vmid }) => foreign.some((other) => other.vmid === vmid))
      .map(({ address }) => `  terraform state rm -state=terraform.lab.tfstate ${address}`);
    throw new InputError(
      [
        foreignGuestsMessage(foreign, tag),
        `If one is the lab's all the same, give it its tag back: ${foreign[0]?.kind === 'container' ? 'pct' : 'qm'} set ${foreign[0]?.vmid} --tags ${tag}`,
        // A vmid for each of these guests alone: the others would be made again under new ones.
        `If not, let Terraform forget what it had there, and give the guest another vmid in lab.yaml.${await proposal(client, foreign.length)}`,
        ...forget,
      ].join('\n'),
    );
  }
  if (identity === undefined && !takeOver) {
    throw new InputError(
      [
        `These guests were made by an earlier version of the lab, and are known by the tag ${tag} alone:`,
        ...guests.map(({ vmid, name }) => `  VM ${vmid} ${name}`),
        'If all of them are yours, take them over, once: LAB_TAKE_OVER=yes npx cdktf deploy (or destroy)',
      ].join('\n'),
    );
  }
}
