import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { IDENTITY_RESOURCE } from '../config/deployed-lab';
import type { LabIdentity } from '../config/lab-identity';
import { localCommand } from './local-command';
import { TerraformData } from './terraform-data';

export interface LabIdentityProps {
  readonly identity: LabIdentity;
  readonly vmids: readonly number[];
  /** Of guests that the lab had before it had an identity. */
  readonly takenOver: readonly number[];
  readonly dependsOn: readonly ITerraformDependable[];
}

/**
 * Keeps the lab's identity in Terraform's state, before anything is made that carries it, and looks once more whether
 * the vmids are free: a guest that the token may not see is in no list, and the plan may be minutes old. The provider
 * would take such a guest for its own: create answers "already exists", which it counts as success.
 */
export class KeptLabIdentity extends Construct {
  /** What everything that is made depends on. */
  readonly ready: ITerraformDependable;

  constructor(scope: Construct, id: string, props: LabIdentityProps) {
    super(scope, id);
    const { identity, vmids } = props;
    const older = props.takenOver.map((vmid) => `--taken-over=${vmid}`);
    // It goes after everything that carries it.
    const kept = new TerraformData(this, 'uuid', {
      input: identity.uuid,
      provisioners: [
        { ...localCommand('stacks/hooks/remove-lost-files.ts', '--tag', identity.tag), when: 'destroy' },
      ],
      dependsOn: [...props.dependsOn],
    });
    kept.overrideLogicalId(IDENTITY_RESOURCE);
    this.ready = new TerraformData(this, 'vmids', {
      triggersReplace: { vmids: vmids.join(',') },
      provisioners: [localCommand('stacks/hooks/refuse-foreign-guests.ts', '--tag', identity.tag, ...older)],
      dependsOn: [kept],
    });
  }
}
