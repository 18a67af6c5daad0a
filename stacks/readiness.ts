import type { ITerraformDependable, TerraformResource } from 'cdktf';
import { Construct } from 'constructs';
import { localCommand } from './local-command';
import { TerraformData } from './terraform-data';

export interface LabReadinessProps {
  /** The VM or container. */
  readonly guest: TerraformResource & { readonly id: string };
  /** What must have been done with it. @default nothing but making it */
  readonly after?: ITerraformDependable;
  readonly name: string;
}

/**
 * Holds the deployment until the guest's application answers, or ends it with the guest, the failed step and its log.
 * It is done again whenever the guest is changed or replaced, and a failed wait is repeated by the next deploy.
 */
export class LabReadiness extends Construct {
  constructor(scope: Construct, id: string, props: LabReadinessProps) {
    super(scope, id);
    const { guest, after = guest } = props;
    new TerraformData(this, 'wait', {
      // A guest that is made again has the same identifier, but Terraform does not know that when it plans: replacing
      // what an update changes (below) heeds no creation.
      triggersReplace: { vm: guest.id },
      // As text: CDKTF writes a resource given here as a template, which Terraform does not take in this place.
      lifecycle: { replaceTriggeredBy: [`${guest.terraformResourceType}.${guest.friendlyUniqueId}`] },
      dependsOn: [guest, ...(after === guest ? [] : [after])],
      provisioners: [localCommand('stacks/hooks/wait-ready.ts', '--guest', props.name)],
    });
  }
}
