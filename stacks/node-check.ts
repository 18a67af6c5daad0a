import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import type { LostBridges } from '../config/deployed-lab';
import type { Lab } from '../config/lab';
import { localCommand } from './local-command';
import { TerraformData } from './terraform-data';

export interface NodeCheckProps {
  readonly lab: Lab;
  /** Another one has the node looked at again. */
  readonly attempt: string;
  readonly lostBridges: Pick<LostBridges, 'staged'>;
  readonly dependsOn: readonly ITerraformDependable[];
}

/**
 * Looks, before the first thing is made, whether the node has all that the lab asks for: its name, privileges, storages,
 * bridges, cores, SSH. The provider would find that out resource by resource, the first of them made already, and try a
 * wrong name for a minute. It is looked at again whenever lab.yaml asks for something else, or a deployment has not made
 * everything.
 */
export class NodeCheck extends Construct {
  readonly passed: ITerraformDependable;

  constructor(scope: Construct, id: string, props: NodeCheckProps) {
    super(scope, id);
    const { nodeName, node, storage, networks, guests } = props.lab;
    const sizes = guests.map(({ vmid, cores, memoryMiB, diskGiB }) =>
      [vmid, cores, memoryMiB, diskGiB].join(),
    );
    this.passed = new TerraformData(this, 'check', {
      dependsOn: [...props.dependsOn],
      triggersReplace: {
        attempt: props.attempt,
        node: nodeName,
        content: (node.storageContent ?? []).join(),
        storage: Object.values(storage).join(),
        bridges: Object.values(networks)
          .map(({ bridge }) => bridge)
          .join(),
        // What was declared and never applied is taken back by the check.
        staged: props.lostBridges.staged.join(),
        guests: sizes.join(';'),
      },
      provisioners: [localCommand('stacks/hooks/check-node.ts')],
    });
  }
}
