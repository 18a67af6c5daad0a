import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { localCommand } from './local-command';
import { TerraformData } from './terraform-data';

export interface NodeCheckProps {
  readonly dependsOn: readonly ITerraformDependable[];
}

/**
 * Looks, before the first thing is made, whether the node has the name that lab.yaml gives it and lets in over SSH. The
 * provider would find that out resource by resource, the first of them made already, and try a wrong name for a minute.
 */
export class NodeCheck extends Construct {
  readonly passed: ITerraformDependable;

  constructor(scope: Construct, id: string, props: NodeCheckProps) {
    super(scope, id);
    this.passed = new TerraformData(this, 'check', {
      dependsOn: [...props.dependsOn],
      provisioners: [localCommand('stacks/hooks/check-node.ts')],
    });
  }
}
