import type { Lab } from './lab';

/**
 * The tag by which a guest is told to be the lab's, as a program and as Terraform asks for it. Proxmox VE separates tags
 * by semicolons, and takes commas and blanks for them too; the provider gives Terraform a list.
 */

/** Whether the tags of a guest, as the API lists them, have the lab's. */
export function hasLabTag(tags: string | undefined, lab: Pick<Lab, 'name'>): boolean {
  return (tags ?? '').split(/[;, ]/).includes(lab.name);
}

/** A Terraform expression: whether `vm`, of the provider's list of VMs, has the tag. */
export function hasLabTagExpression(vm: string, lab: Pick<Lab, 'name'>): string {
  return `contains(${vm}.tags, ${JSON.stringify(lab.name)})`;
}
