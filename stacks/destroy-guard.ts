import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { localCommand } from './local-command';
import { TerraformData } from './terraform-data';

export interface DestroyGuardProps {
  /** Everything that is made; the guard is made after it and goes before it. */
  readonly dependsOn: readonly ITerraformDependable[];
}

/**
 * Stops a destroy, while nothing is touched, where one of the lab's VMs is somebody else's by then. What the program saw
 * when it synthesized may be minutes old: cdktf asks a person before it destroys.
 */
export class DestroyGuard extends Construct {
  constructor(scope: Construct, id: string, props: DestroyGuardProps) {
    super(scope, id);
    new TerraformData(this, 'guard', {
      dependsOn: [...props.dependsOn],
      provisioners: [
        { ...localCommand('stacks/hooks/refuse-foreign-guests.ts', '--deployed'), when: 'destroy' },
      ],
    });
  }
}
