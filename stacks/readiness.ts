import { Construct } from 'constructs';
import type { LabGuest } from './guest';
import { localCommand } from './local-command';
import { TerraformData } from './terraform-data';

export interface LabReadinessProps {
  readonly guest: LabGuest;
  readonly name: string;
}

/**
 * Holds the deployment until the guest's application answers, or ends it with the guest, the failed step and its log.
 * It is done again whenever the VM is changed or replaced, and a failed wait is repeated by the next deploy.
 */
export class LabReadiness extends Construct {
  constructor(scope: Construct, id: string, props: LabReadinessProps) {
    super(scope, id);
    const { vm } = props.guest;
    new TerraformData(this, 'wait', {
      // A VM that is made again has the same identifier, but Terraform does not know that when it plans: replacing
      // what an update changes (below) heeds no creation.
      triggersReplace: { vm: vm.id },
      // As text: CDKTF writes a resource given here as a template, which Terraform does not take in this place.
      lifecycle: { replaceTriggeredBy: [`${vm.terraformResourceType}.${vm.friendlyUniqueId}`] },
      dependsOn: [vm],
      provisioners: [localCommand('stacks/hooks/wait-ready.ts', '--guest', props.name)],
    });
  }
}
