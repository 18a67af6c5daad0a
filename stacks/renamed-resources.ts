import { TerraformResource, type TerraformStack } from 'cdktf';

/** Resources of the lab whose type loses `virtual_environment_` in the provider's 1.0 (its ADR-007). */
const RENAMED = ['dns', 'file', 'hosts', 'time', 'vm'];

/** Types of the provider's 1.0, and what each was called before. */
const FORMER_TYPES: ReadonlyMap<string, string> = new Map(
  RENAMED.map((kind) => [`proxmox_${kind}`, `proxmox_virtual_environment_${kind}`]),
);

/** What the provider called a type before; undefined where it has the only name that it ever had. */
export function formerType({ terraformResourceType }: TerraformResource): string | undefined {
  return FORMER_TYPES.get(terraformResourceType);
}

/**
 * A lab that was deployed under former types is moved to those of now, and nothing of it made again. With this, a change of
 * names is a change of stacks/provider.ts alone.
 */
export function keepRenamed(stack: TerraformStack): void {
  for (const resource of stack.node.findAll()) {
    if (!(resource instanceof TerraformResource)) continue;
    const former = formerType(resource);
    if (former) resource.moveFromId(`${former}.${resource.friendlyUniqueId}`);
  }
}
