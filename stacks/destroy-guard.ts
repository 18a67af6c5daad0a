import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { localCommand } from './local-command';
import { TerraformData } from './terraform-data';

export interface DestroyGuardProps {
  /** All that must not be destroyed before the check. */
  readonly dependsOn: readonly ITerraformDependable[];
}

/**
 * Stops a destroy while one of the lab's vmids belongs to a VM that is not the lab's, as after somebody removed a guest
 * and made another VM in its place. It depends on everything, so that it is the first to be destroyed, and its failure
 * leaves the rest untouched.
 */
export class DestroyGuard extends Construct {
  constructor(scope: Construct, id: string, props: DestroyGuardProps) {
    super(scope, id);
    new TerraformData(this, 'check', {
      dependsOn: [...props.dependsOn],
      provisioners: [{ ...localCommand('scripts/refuse-foreign-guests.ts'), when: 'destroy' }],
    });
  }
}
