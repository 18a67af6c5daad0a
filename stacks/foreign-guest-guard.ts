import { DataProxmoxVirtualEnvironmentVms } from '@cdktf/provider-proxmox/data-proxmox-virtual-environment-vms';
import { type Precondition, TerraformLocal } from 'cdktf';
import { Construct } from 'constructs';
import type { ProviderConnection } from '../config';
import { hasLabTagExpression } from '../config/lab-tag';

export interface ForeignGuestGuardProps {
  /** Tag of the lab's own guests. */
  readonly tag: string;
  readonly vmids: readonly number[];
  readonly connection: ProviderConnection;
  /** True where guests fetch packages at their first boot. */
  readonly needsUplink: boolean;
}

/**
 * Stops every deployment in which one of the lab's vmids belongs to a VM that is not the lab's. The provider would take
 * such a VM for its own: create answers "already exists", which it counts as success, and a later destroy deletes it.
 * Everything else depends on this data source, which is read when Terraform plans, so that nothing is touched.
 * Terraform checks no conditions when it destroys; for that, every guest has a provisioner of its own.
 */
export class ForeignGuestGuard extends Construct {
  constructor(scope: Construct, id: string, props: ForeignGuestGuardProps) {
    super(scope, id);
    const foreign = `[for vm in self.vms : vm if contains([${props.vmids.join(', ')}], vm.vm_id) && !${hasLabTagExpression('vm', { name: props.tag })}]`;
    const vms = new DataProxmoxVirtualEnvironmentVms(this, 'vms', {
      lifecycle: {
        precondition: localNodeServes(this, props),
        postcondition: [
          {
            condition: `\${length(${foreign}) == 0}`,
            errorMessage: `The lab's vmids are taken by VMs that are not the lab's (they lack the tag ${props.tag}): \${join(", ", [for vm in ${foreign} : format("VM %d \\"%s\\" on node %s", vm.vm_id, vm.name, vm.node_name)])}. Nothing was touched. Give the guests other vmids in lab.yaml, or remove those VMs yourself.`,
          },
        ],
      },
    });
    this.vms = vms;
  }

  /** What everything that is made depends on. */
  readonly vms: DataProxmoxVirtualEnvironmentVms;
}

/** Of the local node: that it is up, and that its guests reach what they need. */
function localNodeServes(
  scope: Construct,
  { connection, needsUplink }: Pick<ForeignGuestGuardProps, 'connection' | 'needsUplink'>,
): Precondition[] {
  if (connection.kind === 'proxmox') return [];
  // A condition must refer to something; the path by itself is nothing in Terraform's eyes.
  const file = new TerraformLocal(scope, 'connection-file', connection.connectionFile);
  return [
    {
      condition: `\${fileexists(local.${file.friendlyUniqueId})}`,
      errorMessage:
        'The local node is not up: npm run node -- up (or set PROXMOX_VE_ENDPOINT to use a Proxmox VE node).',
    },
    ...(needsUplink ? [uplink(file.friendlyUniqueId)] : []),
  ];
}

/** A node that is not up is the other condition's matter. */
function uplink(local: string): Precondition {
  const reason = `jsondecode(file(local.${local})).wayOut.reason`;
  return {
    condition: `\${!can(${reason})}`,
    errorMessage: `The guests of the local node have no uplink (\${try(${reason}, "")}), so that cloud images could not install packages. Install passt and take the node down and up (apt-get install passt; npm run node -- down; npm run node -- up), or set images.source: template in lab.yaml.`,
  };
}
