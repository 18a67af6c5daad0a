/**
 * What tells one deployed lab from every other one: a UUID that its first deployment makes and Terraform's state keeps.
 * Only what carries it on the node is this lab's; names, vmids and bridges may be anybody's.
 */
export interface LabIdentity {
  readonly uuid: string;
  /** Tag of the lab's guests, begins its files' names and stands in its bridges' comments: lab-0a1b2c3d. */
  readonly tag: string;
}

export function labIdentity(uuid: string): LabIdentity {
  return { uuid, tag: `lab-${uuid.slice(0, 8)}` };
}

/**
 * Whether the tags of a guest, as the API lists them, have the tag. Proxmox VE separates tags by semicolons, and takes
 * commas and blanks for them too.
 */
export function hasTag(tags: string | undefined, tag: string): boolean {
  return (tags ?? '').split(/[;, ]/).includes(tag);
}

/** The tags among them that labs' identities give. */
export function identityTags(tags: string | undefined): readonly string[] {
  return (tags ?? '').split(/[;, ]/).filter((tag) => /^lab-[0-9a-f]{8}$/.test(tag));
}
