import { type ITerraformDependable, type Precondition, TerraformLocal } from 'cdktf';
import { Construct } from 'constructs';
import type { ProviderConnection } from '../config';
import {
  DataProxmoxVirtualEnvironmentContainers,
  DataProxmoxVirtualEnvironmentNodes,
  DataProxmoxVirtualEnvironmentVms,
} from './provider';

export interface ForeignGuestGuardProps {
  /** Tag of the lab's own guests. */
  readonly tag: string;
  /** Guests that are the lab's without having the tag yet: those of a version that knew no identities. */
  readonly takenOver: readonly number[];
  readonly vmids: readonly number[];
  /** Those of containers; the others are of VMs. */
  readonly ofContainers: readonly number[];
  /** Nodes that the lab is on. */
  readonly nodeNames: readonly string[];
  readonly connection: ProviderConnection;
  /** True where guests fetch packages at their first boot. */
  readonly needsUplink: boolean;
}

/**
 * Stops every deployment in which one of the lab's vmids belongs to a guest that is not the lab's. The provider would
 * take such a VM for its own: create answers "already exists", which it counts as success, and a later destroy deletes
 * it. Everything else depends on these data sources, which are read when Terraform plans, so that nothing is touched.
 * Terraform checks no conditions when it destroys; for that there is DestroyGuard.
 */
export class ForeignGuestGuard extends Construct {
  constructor(scope: Construct, id: string, props: ForeignGuestGuardProps) {
    super(scope, id);
    const { tag, takenOver, ofContainers } = props;
    const list = (numbers: readonly number[]) => `[${numbers.join(', ')}]`;
    const vmids = list(props.vmids);
    const ofVms = list(props.vmids.filter((vmid) => !ofContainers.includes(vmid)));
    const ours = `(contains(vm.tags, ${JSON.stringify(tag)}) || contains(${list(takenOver)}, vm.vm_id))`;
    const refusal = (foreign: string, kind: string) => ({
      condition: `\${length(${foreign}) == 0}`,
      errorMessage: `The lab's vmids are taken by guests that are not the lab's (they lack the tag ${tag}): \${join(", ", [for vm in ${foreign} : format("${kind} %d \\"%s\\" on node %s", vm.vm_id, vm.name, vm.node_name)])}. Nothing was touched. Give the guests other vmids in lab.yaml (npm run doctor names free ones; with vmids: auto there the lab finds them itself), or remove those guests yourself.`,
    });
    // Terraform would make the one while it still removes the other, under the same vmid.
    const otherKind = (others: string, is: string, wanted: string) => ({
      condition: `\${length(${others}) == 0}`,
      errorMessage: `Of the lab these are deployed as ${is}, and lab.yaml (or LAB_GUESTS) wants ${wanted}: \${join(", ", [for vm in ${others} : format("%d %s", vm.vm_id, vm.name)])}. Nothing was touched. Destroy them first: npx cdktf destroy`,
    });
    const vms = new DataProxmoxVirtualEnvironmentVms(this, 'vms', {
      lifecycle: {
        precondition: localNodeServes(this, props),
        postcondition: [
          refusal(`[for vm in self.vms : vm if contains(${vmids}, vm.vm_id) && !${ours}]`, 'VM'),
          otherKind(
            `[for vm in self.vms : vm if contains(${list(ofContainers)}, vm.vm_id) && ${ours}]`,
            'VMs',
            'containers',
          ),
        ],
      },
    });
    const ownContainer = `contains(vm.tags, ${JSON.stringify(tag)})`;
    const containers = new DataProxmoxVirtualEnvironmentContainers(this, 'containers', {
      dependsOn: [vms],
      lifecycle: {
        postcondition: [
          refusal(
            `[for vm in self.containers : vm if contains(${vmids}, vm.vm_id) && !${ownContainer}]`,
            'container',
          ),
          otherKind(
            `[for vm in self.containers : vm if contains(${ofVms}, vm.vm_id) && ${ownContainer}]`,
            'containers',
            'VMs',
          ),
        ],
      },
    });
    const names = `[${props.nodeNames.map((name) => JSON.stringify(name)).join(', ')}]`;
    // A wrong name would show at the first resource: nothing of other nodes keeps the lists above from being read.
    const nodes = new DataProxmoxVirtualEnvironmentNodes(this, 'nodes', {
      dependsOn: [vms],
      lifecycle: {
        postcondition: [
          {
            condition: `\${length(setsubtract(${names}, self.names)) == 0}`,
            errorMessage: `There is no node \${join(", ", setsubtract(${names}, self.names))}, which lab.yaml names (node.name, or node of a guest). Nodes there are: \${join(", ", sort(self.names))}. Nothing was touched.`,
          },
        ],
      },
    });
    this.passed = [vms, containers, nodes];
    this.ownContainers = `[for vm in ${containers.fqn}.containers : vm.vm_id if ${ownContainer}]`;
  }

  /** What everything that is made depends on. */
  readonly passed: readonly ITerraformDependable[];
  /** Expression of Terraform: the vmids of the lab's containers. */
  readonly ownContainers: string;
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
