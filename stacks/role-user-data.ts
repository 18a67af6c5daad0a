import { TerraformLocal } from 'cdktf';
import { Construct } from 'constructs';
import { roleUserData } from '../cloud-init/render';
import type { Role } from '../config/lab';
import { quoted } from './quoted';

/** The user data that all guests of a role share, once in the configuration for however many guests. */
export class RoleUserData extends Construct {
  /** Terraform's expression for the text. */
  readonly expression: string;

  constructor(scope: Construct, id: string, role: Role) {
    super(scope, id);
    // Nothing in it is secret. It is marked, because a plan would otherwise print all of it: 500 lines a guest.
    const text = `\${sensitive(${quoted(roleUserData(role))})}`;
    this.expression = `local.${new TerraformLocal(this, 'text', text).friendlyUniqueId}`;
  }
}
