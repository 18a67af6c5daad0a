import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import type { Network } from '../config/lab';
import { NetworkLinuxBridge } from './provider';

export interface LabNetworkProps {
  readonly nodeName: string;
  readonly network: Network;
  readonly comment: string;
  /** Whether the bridge is there already, without being in Terraform's state, which takes it in. */
  readonly isLost: boolean;
  readonly dependsOn: readonly ITerraformDependable[];
}

/** One network of the lab: a bridge without ports on the node, which has the network's gateway as its address. */
export class LabNetwork extends Construct {
  readonly bridge: NetworkLinuxBridge;

  constructor(scope: Construct, id: string, props: LabNetworkProps) {
    super(scope, id);
    const prefix = props.network.cidr.split('/')[1];
    this.bridge = new NetworkLinuxBridge(this, 'bridge', {
      nodeName: props.nodeName,
      name: props.network.bridge,
      address: `${props.network.gateway}/${prefix}`,
      comment: props.comment,
      autostart: true,
      dependsOn: [...props.dependsOn],
    });
    if (props.isLost) this.bridge.importFrom(`${props.nodeName}:${props.network.bridge}`);
  }
}
