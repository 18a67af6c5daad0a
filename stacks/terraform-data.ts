import { type TerraformMetaArguments, TerraformResource } from 'cdktf';
import type { Construct } from 'constructs';

export interface TerraformDataProps extends TerraformMetaArguments {
  /** A value that Terraform's state keeps. */
  readonly input?: string;
  /** A change of any of these makes the resource again, and with it runs its provisioners. */
  readonly triggersReplace?: Readonly<Record<string, string>>;
}

/**
 * Terraform's built-in terraform_data, as the place of a provisioner. CDKTF's own DataResource asks `terraform version`
 * once for each instance while it validates, 60 ms apiece: a minute for a lab of a thousand guests.
 */
export class TerraformData extends TerraformResource {
  constructor(
    scope: Construct,
    id: string,
    private readonly props: TerraformDataProps,
  ) {
    super(scope, id, { ...props, terraformResourceType: 'terraform_data' });
  }

  protected override synthesizeAttributes(): { [name: string]: unknown } {
    return { input: this.props.input, triggers_replace: this.props.triggersReplace };
  }
}
